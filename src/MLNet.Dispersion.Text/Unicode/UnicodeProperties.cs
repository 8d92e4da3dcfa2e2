using System.Globalization;

namespace MLNet.Dispersion.Text;

/// <summary>Properties of code points that .NET does not tell, or not as the reference has them: scripts, blocks, combining classes, cases. From the embedded table UnicodeProperties.txt, which says of which Unicode each is. Thread-safe.</summary>
internal static class UnicodeProperties
{
    private static readonly Lazy<Dictionary<string, string>> Lines = new(Read);
    private static readonly Lazy<byte[][]> Classes = new(ReadClasses);
    private static readonly Lazy<CaseFolds> Folds = new(ReadFolds);
    private static readonly Lazy<Dictionary<int, int>> Lowers = new(ReadLowers);
    private static readonly Lazy<CodePointSet> DecomposedSet = new(() => Property("Tokenizers_Decomposed"));
    private static readonly Lazy<(int First, int Last, string Name)[]> ScriptRanges = new(ReadScripts);

    /// <summary>What folds to the same without regard to case.</summary>
    internal static CaseFolds CaseFolds => Folds.Value;

    /// <summary>The lower case of code points that .NET changes otherwise, or not.</summary>
    internal static IReadOnlyDictionary<int, int> LowerCases => Lowers.Value;

    /// <summary>What has a canonical or a compatibility decomposition.</summary>
    internal static CodePointSet Decomposed => DecomposedSet.Value;

    /// <summary>The set of a property such as <c>Emoji</c>, which the table must hold.</summary>
    internal static CodePointSet Property(string name) => Set(Lines.Value["property:" + name]);

    /// <summary>The names of the scripts, each with its aliases.</summary>
    internal static IEnumerable<(string Name, Lazy<CodePointSet> Set)> Scripts => Named("script:");

    /// <summary>The names of the blocks.</summary>
    internal static IEnumerable<(string Name, Lazy<CodePointSet> Set)> Blocks => Named("block:");

    /// <summary>The script of a code point by its long name, or null where none is assigned.</summary>
    internal static string? ScriptOf(int codePoint)
    {
        (int First, int Last, string Name)[] ranges = ScriptRanges.Value;
        int low = 0;
        int high = ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (codePoint < ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (codePoint > ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return ranges[middle].Name;
            }
        }

        return null;
    }

    /// <summary>The canonical combining class of a code point.</summary>
    internal static int CombiningClass(int codePoint)
    {
        if (codePoint < 0x300)
        {
            return 0;
        }

        byte[]? page = Classes.Value[codePoint >> 8];
        return page is null ? 0 : page[codePoint & 255];
    }

    private static Dictionary<string, string> Read()
    {
        using Stream stream = typeof(UnicodeProperties).Assembly.GetManifestResourceStream("UnicodeProperties.txt")!;
        using var reader = new StreamReader(stream);
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (line[0] == '#')
            {
                continue;
            }

            string key = line[..blank];
            lines[key == "fold:1" ? $"fold:1:{lines.Count}" : key] = line[(blank + 1)..];
        }

        return lines;
    }

    private static IEnumerable<(string Name, Lazy<CodePointSet> Set)> Named(string prefix)
    {
        foreach ((string key, string value) in Lines.Value)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                var set = new Lazy<CodePointSet>(() => Set(value));
                foreach (string name in key[prefix.Length..].Split(','))
                {
                    yield return (name, set);
                }
            }
        }
    }

    private static CodePointSet Set(string ranges) => CodePointSet.Of(Ranges(ranges));

    private static CodePointRanges Ranges(string ranges)
    {
        var all = new CodePointRanges();
        for (int start = 0; start < ranges.Length;)
        {
            int end = ranges.IndexOf(' ', start) is >= 0 and var blank ? blank : ranges.Length;
            int hyphen = ranges.IndexOf('-', start, end - start);
            int first = Hex(ranges.AsSpan(start, (hyphen < 0 ? end : hyphen) - start));
            all.Add(first, hyphen < 0 ? first : Hex(ranges.AsSpan(hyphen + 1, end - hyphen - 1)));
            start = end + 1;
        }

        return all;
    }

    /// <summary>A number of the table. Read here: the framework would load its cultures first.</summary>
    private static int Hex(ReadOnlySpan<char> number)
    {
        int value = 0;
        foreach (char digit in number)
        {
            value = (value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return value;
    }

    private static (int First, int Last, string Name)[] ReadScripts()
    {
        var scripts = new List<(int First, int Last, string Name)>();
        foreach ((string key, string value) in Lines.Value.Where(line => line.Key.StartsWith("script:", StringComparison.Ordinal)))
        {
            string name = key["script:".Length..].Split(',')[^1];
            foreach (long range in Ranges(value).InOrder())
            {
                scripts.Add(((int)(range >> 32), (int)range, name));
            }
        }

        return [.. scripts.OrderBy(range => range.First)];
    }

    private static byte[][] ReadClasses()
    {
        var pages = new byte[0x1100][];
        foreach ((string key, string value) in Lines.Value.Where(line => line.Key.StartsWith("ccc:", StringComparison.Ordinal)))
        {
            byte number = byte.Parse(key.AsSpan("ccc:".Length), CultureInfo.InvariantCulture);
            foreach (long range in Ranges(value).InOrder())
            {
                for (int c = (int)(range >> 32); c <= (int)range; c++)
                {
                    (pages[c >> 8] ??= new byte[256])[c & 255] = number;
                }
            }
        }

        return pages;
    }

    private static Dictionary<int, int> ReadLowers()
    {
        string[] pairs = Lines.Value["lower"].Split(' ');
        return Enumerable.Range(0, pairs.Length / 2).ToDictionary(i => Hex(pairs[2 * i]), i => Hex(pairs[(2 * i) + 1]));
    }

    private static int[] Numbers(string list, char between) => [.. list.Split(between).Select(number => Hex(number))];

    private static CaseFolds ReadFolds()
    {
        var folds = new CaseFolds();
        foreach ((string key, string value) in Lines.Value.Where(line => line.Key.StartsWith("fold:", StringComparison.Ordinal)))
        {
            int[] members = Numbers(value, ' ');
            int[] folded = key.StartsWith("fold:1:", StringComparison.Ordinal) ? [] : Numbers(key["fold:".Length..], ',');
            folds.Add(folded, members);
        }

        return folds;
    }
}

/// <summary>Which code points are the same without regard to case. Not changed after it is read.</summary>
internal sealed class CaseFolds
{
    private readonly Dictionary<int, int[]> _same = [];
    private readonly Dictionary<int, int[]> _long = [];
    private readonly List<(int[] Folded, int[] Members)> _sequences = [];

    /// <summary>The sequences that single characters fold to, each with those characters.</summary>
    internal IReadOnlyList<(int[] Folded, int[] Members)> Sequences => _sequences;

    /// <summary>All code points that are the same as this one; itself included.</summary>
    internal IReadOnlyList<int> Same(int codePoint) => _same.TryGetValue(codePoint, out int[]? members) ? members : [codePoint];

    /// <summary>The sequence of more than one that a character folds to, or null.</summary>
    internal int[]? Sequence(int codePoint) => _long.GetValueOrDefault(codePoint);

    /// <summary>The set with all that is the same as some of its members.</summary>
    internal CodePointSet Close(CodePointSet set)
    {
        var same = new CodePointRanges();
        foreach ((int codePoint, int[] members) in _same)
        {
            if (set.Contains(codePoint))
            {
                same.AddEach(members);
            }
        }

        return set.Union(CodePointSet.Of(same));
    }

    /// <summary>The characters of a set that fold to a sequence.</summary>
    internal IEnumerable<int[]> SequencesIn(CodePointSet set) => _sequences.Where(s => s.Members.Any(set.Contains)).Select(s => s.Folded);

    /// <summary>Takes a line of the table.</summary>
    internal void Add(int[] folded, int[] members)
    {
        foreach (int member in members)
        {
            _same[member] = members;
            if (folded.Length > 0)
            {
                _long[member] = folded;
            }
        }

        if (folded.Length > 0)
        {
            _sequences.Add((folded, members));
        }
    }
}
