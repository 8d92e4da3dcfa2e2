using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The input's columns, those added behind them, and which input columns a request for some of them asks for.</summary>
internal sealed class ScoringSchema(DataViewSchema input, DataViewSchema output, string textColumn, string? secondTextColumn = null)
{
    internal DataViewSchema Input { get; } = input;

    internal DataViewSchema Output { get; } = output;

    /// <summary>The text column, of the input schema.</summary>
    internal DataViewSchema.Column Text { get; } = input[textColumn];

    /// <summary>The column of second texts, where rows are pairs.</summary>
    internal DataViewSchema.Column? SecondText { get; } = secondTextColumn is null ? null : input[secondTextColumn];

    /// <summary>The text columns, for messages.</summary>
    internal string TextColumns => SecondText is { } second ? $"columns '{Text.Name}' and '{second.Name}'" : $"column '{Text.Name}'";

    /// <summary>Whether the text column is a vector of words, which are scored one by one.</summary>
    internal bool HasWords { get; init; }

    internal bool IsAdded(int column) => column >= Input.Count;

    /// <summary>An added column's place behind those of the input.</summary>
    internal int Offset(int column) => column - Input.Count;

    /// <summary>Whether any requested column needs a forward pass.</summary>
    internal bool NeedsScores(IReadOnlySet<int> requested) => requested.Any(IsAdded);

    /// <summary>The input columns behind the requested ones: those passed through, and the texts if anything is scored.</summary>
    internal DataViewSchema.Column[] InputColumns(IReadOnlySet<int> requested)
    {
        bool scores = NeedsScores(requested);
        return [.. Input.Where(column => requested.Contains(column.Index) || (scores && (column.Index == Text.Index || column.Index == SecondText?.Index)))];
    }

    internal static HashSet<int> Indices(IEnumerable<DataViewSchema.Column> columns) => [.. columns.Select(column => column.Index)];
}
