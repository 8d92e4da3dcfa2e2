using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>The rows of a file, in memory: CSV, TSV, JSON lines or Parquet.</summary>
internal sealed class RowTable
{
    private readonly IReadOnlyList<int>? _lines;
    private readonly IReadOnlyDictionary<string, string> _refused;

    /// <param name="path">The file.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="lines">In which line each row begins; null where the file has no lines.</param>
    /// <param name="refused">The fields that cannot be read, with the reason; they count when one of them is asked for.</param>
    public RowTable(string path, IReadOnlyList<RowColumn> columns, IReadOnlyList<int>? lines, IReadOnlyDictionary<string, string>? refused = null)
    {
        Path = path;
        Columns = columns;
        _lines = lines;
        _refused = refused ?? new Dictionary<string, string>();
        if (Count == 0)
        {
            throw new ToolException($"{path} has no rows.");
        }
    }

    public string Path { get; }

    public IReadOnlyList<RowColumn> Columns { get; }

    public int Count => Columns.Count == 0 ? 0 : Columns[0].Texts.Count;

    /// <summary>A column by its name.</summary>
    /// <exception cref="ToolException">The file has none, or one that cannot be read.</exception>
    public RowColumn this[string name] => Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new ToolException(_refused.TryGetValue(name, out string? reason)
            ? $"{Path}: the field '{name}' {reason}"
            : $"{Path} has no column '{name}'. It has {Printable.FirstTen([.. Columns.Select(column => column.Name)])}.");

    /// <summary>Where a row stands, for messages.</summary>
    public string Place(int row) => _lines is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Path}, row {row + 1}")
        : string.Create(CultureInfo.InvariantCulture, $"{Path}, line {_lines[row]}");

    /// <summary>All columns as ML.NET's data, each of its own kind.</summary>
    public IDataView ToDataView() => new TableDataView([.. Columns.Select(column => column.ToData())]);

    /// <summary>The texts of a column.</summary>
    public TableDataColumn TextsOf(string name) => TableDataColumn.OfTexts(name, this[name].Texts.Select(text => text ?? ""));

    /// <summary>Turns each cell of a column into a value.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="convert">From a cell to its value; null where it is none.</param>
    /// <param name="expected">What a cell must be, with the cure.</param>
    /// <exception cref="ToolException">A cell is none; the message names its line.</exception>
    public IReadOnlyList<T> Convert<T>(string name, Func<string?, T?> convert, string expected)
        where T : struct
    {
        IReadOnlyList<string?> texts = this[name].Texts;
        return [.. texts.Select((text, row) => convert(text) ?? throw new ToolException($"{Place(row)}: '{name}' is {(text is null ? "missing" : $"'{text}'")}; {expected}"))];
    }
}
