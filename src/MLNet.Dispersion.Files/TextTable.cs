using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>A table of texts, for the console or for Markdown. Not thread-safe.</summary>
/// <remarks>The first column leans left, the others right. A column without a head, such as one of bars, leans left and is left out of Markdown.</remarks>
public sealed class TextTable
{
    private readonly List<string[]> _rows;

    /// <summary>Makes a table without rows.</summary>
    /// <param name="heads">One head a column, at least one column.</param>
    /// <exception cref="ArgumentException">There is no column.</exception>
    public TextTable(params string[] heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        _rows = heads.Length > 0 ? [heads] : throw new ArgumentException("A table needs at least one column.", nameof(heads));
    }

    private string[] Heads => _rows[0];

    /// <summary>Adds a row.</summary>
    /// <param name="cells">One a column.</param>
    /// <exception cref="ArgumentException">There are more or fewer cells than columns.</exception>
    public void Add(params string[] cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        _rows.Add(cells.Length == Heads.Length ? cells : throw new ArgumentException($"The row has {cells.Length} cells; the table has {Heads.Length} columns.", nameof(cells)));
    }

    /// <summary>Writes the table with columns apart by two blanks, each line ending with a line feed.</summary>
    public string ToConsole()
    {
        int[] widths = [.. Heads.Select((_, column) => _rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in _rows)
        {
            var cells = row.Select((cell, column) => LeansLeft(column) ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes the table in GitHub's Markdown, each line ending with a line feed. Cells stand as they are: see <see cref="EscapeMarkdown"/>.</summary>
    public string ToMarkdown()
    {
        int[] columns = [.. Enumerable.Range(0, Heads.Length).Where(column => Heads[column].Length > 0)];
        var text = new StringBuilder();
        AppendMarkdown(text, columns.Select(column => Heads[column]));
        AppendMarkdown(text, columns.Select(column => LeansLeft(column) ? ":--" : "--:"));
        foreach (string[] row in _rows.Skip(1))
        {
            AppendMarkdown(text, columns.Select(column => row[column]));
        }

        return text.ToString();
    }

    /// <summary>Makes a text mean itself in Markdown, on one line.</summary>
    /// <param name="text">The text.</param>
    public static string EscapeMarkdown(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            escaped.Append(char.IsControl(c) ? " " : @"\`*_{}[]<>#|~&".Contains(c, StringComparison.Ordinal) ? "\\" + c : c.ToString());
        }

        return escaped.ToString();
    }

    private static void AppendMarkdown(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>Gets whether all columns lean left, as words do. Default false.</summary>
    public bool AllLeanLeft { get; init; }

    private bool LeansLeft(int column) => AllLeanLeft || column == 0 || Heads[column].Length == 0;
}
