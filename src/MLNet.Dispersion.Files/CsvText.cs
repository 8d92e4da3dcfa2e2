using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Comma-separated values as RFC 4180 has them.</summary>
internal sealed class CsvText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a record.</summary>
    /// <param name="fields">Its fields; those with commas, quotes or line breaks are quoted.</param>
    public void Add(IEnumerable<string> fields) => _text.AppendJoin(',', fields.Select(Field)).Append("\r\n");

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private static string Field(string value) => value.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : value;
}
