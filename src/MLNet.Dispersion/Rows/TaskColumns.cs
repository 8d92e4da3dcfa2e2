using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The columns that a task with labels reads and adds.</summary>
/// <param name="Label">The label column; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
/// <param name="Score">The added column of scores.</param>
internal record TaskColumns(string Label, string Text, string? SecondText, string Score)
{
    /// <summary>The column of the rows' weights, read by training alone; null where all count the same.</summary>
    internal string? ExampleWeight { get; init; }

    /// <summary>Whether rows have labels.</summary>
    internal virtual bool HasLabel => true;

    /// <summary>Whether the two texts of a row are read as one sequence.</summary>
    internal virtual bool ReadsPairs => SecondText is not null;

    /// <summary>The text columns, for messages.</summary>
    internal string TextColumns => SecondText is null ? $"column '{Text}'" : $"columns '{Text}' and '{SecondText}'";

    /// <summary>The columns that training reads, with what messages call them.</summary>
    private protected virtual IEnumerable<(string Role, string? Name)> Inputs => [("label", HasLabel ? Label : null), ("text", Text), ("second text", SecondText), ("example weight", ExampleWeight)];

    /// <summary>The added columns, with what messages call them.</summary>
    private protected virtual (string Role, string Name)[] Added => [("score", Score)];

    /// <summary>The names of the columns that training reads.</summary>
    internal IEnumerable<string> Read => Inputs.Select(column => column.Name).OfType<string>();

    /// <summary>Checks the columns of texts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is missing or of another type.</exception>
    internal virtual void CheckTexts(IExceptionContext context, SchemaShape shape) => InputColumns.CheckTexts(context, shape, this);

    /// <summary>Checks that each column has a name and no two the same.</summary>
    /// <exception cref="ArgumentException">A name is empty or used twice.</exception>
    internal void Validate()
    {
        (string Role, string Name)[] all = [.. Inputs.Where(column => column.Name is not null).Select(column => (column.Role, column.Name!)), .. Added];
        foreach ((string role, string name) in all)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new ArgumentException($"The {role} column has no name.");
            }
        }

        if (all.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The {string.Join(" and the ", twice.Select(column => column.Role))} column are both called '{twice.Key}': give each a name of its own.");
        }
    }
}
