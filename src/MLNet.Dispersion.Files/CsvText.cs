using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>A table of comma-separated values as RFC 4180 has them: every record ends with a carriage return and a line feed. Not thread-safe.</summary>
/// <remarks>Spreadsheets run what begins with =, +, -, @, a tab or a carriage return as a formula. Such a field, unless it is a number, gets an apostrophe in front, which they do not show.</remarks>
public sealed class CsvText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a record.</summary>
    /// <param name="fields">Its fields; those with commas, quotes or line breaks are quoted.</param>
    public void Add(IEnumerable<string> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        _text.AppendJoin(',', fields.Select(Field)).Append("\r\n");
    }

    /// <summary>Gets all records.</summary>
    public override string ToString() => _text.ToString();

    private static string Field(string value) => Quoted(IsFormula(value) ? "'" + value : value);

    private static bool IsFormula(string value) =>
        value.Length > 0 && "=+-@\t\r".Contains(value[0], StringComparison.Ordinal) && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string Quoted(string value) => value.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : value;
}
