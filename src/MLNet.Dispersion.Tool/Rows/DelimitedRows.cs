using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace MLNet.Dispersion.Tool;

/// <summary>
/// Rows of texts with separators between them, the first line their names. CSV as RFC 4180 has it: a field in double quotes may hold separators, line breaks, and quotes
/// written twice. TSV has no quotes: a field ends at the next tab or the end of the line.
/// </summary>
internal static class DelimitedRows
{
    private const int NamedLines = 5;

    public static RowTable Read(string path, char separator, bool quotes)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        try
        {
            using IEnumerator<(int Line, List<string> Fields)> records = Records(path, reader, separator, quotes).GetEnumerator();
            if (!records.MoveNext())
            {
                throw new ToolException($"{path} is empty. Its first line must name the columns.");
            }

            List<string> names = records.Current.Fields;
            CheckNames(path, names);
            List<string?>[] columns = [.. names.Select(_ => new List<string?>())];
            var lines = new List<int>();
            var wrong = new List<(int Line, int Fields)>();
            while (records.MoveNext())
            {
                (int line, List<string> fields) = records.Current;
                if (fields.Count != names.Count)
                {
                    wrong.Add((line, fields.Count));
                    continue;
                }

                lines.Add(line);
                for (int i = 0; i < columns.Length; i++)
                {
                    columns[i].Add(fields[i].Length == 0 ? null : fields[i]);
                }
            }

            ThrowIfAny(path, wrong, names, quotes);
            return new RowTable(path, [.. names.Zip(columns, (name, cells) => new RowColumn(name, cells))], lines);
        }
        catch (DecoderFallbackException e)
        {
            throw new ToolException($"{path} is not UTF-8. Save it as UTF-8, such as with: iconv -f latin1 -t utf-8.", e);
        }
    }

    private static void CheckNames(string path, List<string> names)
    {
        if (names.FindIndex(string.IsNullOrWhiteSpace) is int empty and >= 0)
        {
            throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"{path}, line 1: column {empty + 1} has no name. The first line must name all columns."));
        }

        if (names.CountBy(name => name).FirstOrDefault(pair => pair.Value > 1) is { Key: { } twice })
        {
            throw new ToolException($"{path}, line 1: two columns are called '{twice}'. Give each a name of its own.");
        }
    }

    private static void ThrowIfAny(string path, List<(int Line, int Fields)> wrong, List<string> names, bool quotes)
    {
        if (wrong.Count == 0)
        {
            return;
        }

        string which = string.Join(", ", wrong.Take(NamedLines).Select(row => string.Create(CultureInfo.InvariantCulture, $"line {row.Line} has {row.Fields}")));
        string more = wrong.Count > NamedLines ? string.Create(CultureInfo.InvariantCulture, $", and so on, {wrong.Count} lines in all") : "";
        string cure = quotes ? "Put fields that hold commas or line breaks in double quotes." : "A text in a TSV file holds no tab; write CSV with quotes where it must.";
        throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"{path}: the first line names {names.Count} fields, but {which}{more}. {cure}"));
    }

    // Blank lines are passed over, as spreadsheets and ML.NET's loader do.
    private static IEnumerable<(int Line, List<string> Fields)> Records(string path, TextReader reader, char separator, bool quotes)
    {
        string? bad = null;
        using var parser = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = separator.ToString(),
            Mode = quotes ? CsvMode.RFC4180 : CsvMode.NoEscape,
            IgnoreBlankLines = true,
            BadDataFound = found => bad ??= found.Field,
        });
        while (parser.Read())
        {
            List<string> fields = [.. parser.Record!];
            ReadOnlySpan<char> raw = parser.RawRecord;
            if (bad?.StartsWith('"') != true)
            {
                bad = null;
                yield return (FirstLine(parser.RawRow, raw.TrimEnd("\r\n")), fields);
                continue;
            }

            bool isOpen = bad.AsSpan().Count('"') % 2 == 1;
            int line = FirstLine(parser.RawRow, isOpen ? raw : raw.TrimEnd("\r\n"));
            throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}: {(isOpen ? "a quote is opened and never closed." : "behind a closing quote the field goes on. Write quotes inside a quoted field twice.")}"));
        }
    }

    /// <summary>The parser counts to a record's last line.</summary>
    private static int FirstLine(int lastLine, ReadOnlySpan<char> record) => lastLine - record.Count('\n');
}
