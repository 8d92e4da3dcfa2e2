using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>A table for the console or for Markdown: the first column leans left, the others right, one without a head (bars) left and not in Markdown.</summary>
internal sealed class TextTable
{
    private readonly List<string[]> _rows;

    /// <summary>An empty table.</summary>
    /// <param name="heads">One head a column.</param>
    public TextTable(params string[] heads) => _rows = [heads];

    private string[] Heads => _rows[0];

    /// <summary>Adds a row.</summary>
    /// <param name="cells">One a column.</param>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Columns of spaces, each line ending with a line feed.</summary>
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

    /// <summary>A table of GitHub's Markdown, each line ending with a line feed.</summary>
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

    /// <summary>A text that means itself in Markdown, on one line.</summary>
    public static string EscapeMarkdown(string text)
    {
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
