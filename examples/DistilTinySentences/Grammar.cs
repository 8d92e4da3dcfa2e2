using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>Sentences of today's English, drawn from grammar.txt: lists of alternatives that name other lists in braces.</summary>
internal sealed partial class Grammar
{
    private readonly Dictionary<string, string[]> _lists;

    private Grammar(Dictionary<string, string[]> lists) => _lists = lists;

    /// <summary>Reads the grammar that lies in this program.</summary>
    public static Grammar Read()
    {
        using var reader = new StreamReader(typeof(Grammar).Assembly.GetManifestResourceStream("grammar.txt")!);
        var lists = new Dictionary<string, List<string>>();
        List<string> current = [];
        while (reader.ReadLine() is { } line)
        {
            if (Head().Match(line) is { Success: true } head)
            {
                lists.Add(head.Groups[1].Value, current = []);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                current.Add(line);
            }
        }

        // A list without lines is the empty text.
        return new Grammar(lists.ToDictionary(list => list.Key, list => list.Value is [] ? [string.Empty] : list.Value.ToArray()));
    }

    /// <summary>Draws a sentence.</summary>
    public string Draw(Random random) => Blanks().Replace(BlankBeforeMark().Replace(Expand("sentence", random), "$1"), " ").Trim();

    [GeneratedRegex(@"^\[(\w+)\]$")]
    private static partial Regex Head();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Name();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\s+([,.!?])")]
    private static partial Regex BlankBeforeMark();

    private string Expand(string list, Random random)
    {
        string[] alternatives = _lists[list];
        return Name().Replace(alternatives[random.Next(alternatives.Length)], name => Expand(name.Groups[1].Value, random));
    }
}
