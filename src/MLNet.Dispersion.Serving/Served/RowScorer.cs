using System.Text.Json;
using Microsoft.ML;

namespace MLNet.Dispersion.Serving;

/// <summary>Scores rows that come as JSON with a transformer of ML.NET, many in one pass. Thread-safe.</summary>
internal sealed class RowScorer
{
    private readonly ITransformer _model;
    private readonly DataViewSchema _input;
    private readonly DataViewSchema.Column[] _outputs;
    private readonly InputField[] _fields;

    /// <param name="ml">The context.</param>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="input">The columns that it was saved with.</param>
    /// <param name="texts">The columns of texts that it reads.</param>
    internal RowScorer(MLContext ml, ITransformer model, DataViewSchema input, IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(ml);
        (_model, _input) = (model, input);
        _fields = [.. input.Where(column => !column.IsHidden).Select(column => new InputField(column, texts.Contains(column.Name)))];
        DataViewSchema output = model.GetOutputSchema(input);
        _outputs = [.. output.Where(column => !column.IsHidden && input.GetColumnOrNull(column.Name) is null && OutputField.IsWritable(column))];
        SlotNames = _outputs.Select(column => (column.Name, Slots: OutputField.SlotNames(column))).Where(one => one.Slots.Count > 0).ToDictionary(one => one.Name, one => one.Slots, StringComparer.Ordinal);
    }

    /// <summary>The fields that a row may have.</summary>
    internal IReadOnlyList<InputField> Fields => _fields;

    /// <summary>The names of the columns that are answered.</summary>
    internal IReadOnlyList<string> Outputs => [.. _outputs.Select(column => column.Name)];

    /// <summary>The names of the places in columns of vectors.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> SlotNames { get; }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">Values a row, by the places of <see cref="Fields"/>; null where a row has none.</param>
    /// <returns>A JSON object a row, in UTF-8.</returns>
    internal IReadOnlyList<byte[]> Score(IReadOnlyList<object?[]> rows)
    {
        var view = new RowsView(_input, _fields, rows);
        IDataView scored = _model.Transform(view);
        DataViewSchema.Column[] columns = [.. _outputs.Select(column => scored.Schema[column.Index])];
        using DataViewRowCursor cursor = scored.GetRowCursor(columns);
        Action<Utf8JsonWriter>[] write = [.. columns.Select(column => OutputField.Writer(cursor, column))];
        var results = new List<byte[]>(rows.Count);
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        while (cursor.MoveNext())
        {
            buffer.SetLength(0);
            json.Reset();
            json.WriteStartObject();
            for (int i = 0; i < columns.Length; i++)
            {
                json.WritePropertyName(columns[i].Name);
                write[i](json);
            }

            json.WriteEndObject();
            json.Flush();
            results.Add(buffer.ToArray());
        }

        return results;
    }
}
