namespace MLNet.Dispersion.Text;

/// <summary>Reads the pieces and merges of a BPE vocabulary and checks that they fit together.</summary>
internal static class BpeVocabularyReader
{
    /// <summary>Pieces with their ids: an object of <c>"piece": id</c>.</summary>
    internal static Dictionary<string, int> ReadVocabulary(JsonField vocabulary)
    {
        var pieces = new Dictionary<string, int>(StringComparer.Ordinal);
        var owners = new Dictionary<int, string>();
        foreach ((string piece, JsonField value) in vocabulary.Members())
        {
            int id = value.AsTokenId();
            if (!pieces.TryAdd(piece, id))
            {
                throw value.Fail("the vocabulary holds this piece twice");
            }

            if (!owners.TryAdd(id, piece))
            {
                throw value.Fail($"its id {id} is also that of the piece \"{owners[id]}\"");
            }
        }

        return pieces.Count > 0 ? pieces : throw vocabulary.Fail("the vocabulary has no pieces");
    }

    /// <summary>The lines of merges.txt: two pieces with a blank between them; a first line <c>#version</c> and empty lines are passed over.</summary>
    internal static List<(string Left, string Right)> ReadMergesText(FileSource source, string fileName, IReadOnlyDictionary<string, int> vocabulary)
    {
        string file = source.Describe(fileName);
        using var reader = new StreamReader(new MemoryStream(source.ReadAllBytes(fileName)));
        var checker = new MergeChecker(vocabulary);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            line = line.TrimEnd(' ');
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                continue;
            }

            if (checker.Add(line) is { } problem)
            {
                throw new ModelFileException(file, $"Line {number}: {problem} Fetch merges.txt and vocab.json again, both from the same model.");
            }
        }

        return checker.Merges;
    }

    /// <summary>The merges of tokenizer.json: each <c>"a b"</c> or <c>["a", "b"]</c>.</summary>
    internal static List<(string Left, string Right)> ReadMerges(JsonField merges, IReadOnlyDictionary<string, int> vocabulary)
    {
        var checker = new MergeChecker(vocabulary);
        foreach (JsonField merge in merges.Items())
        {
            string? problem;
            if (merge.IsArray)
            {
                string[] sides = [.. merge.Items().Take(3).Select(s => s.AsString())];
                problem = sides.Length == 2 ? checker.Add(sides[0], sides[1]) : "A merge must have two pieces.";
            }
            else
            {
                problem = checker.Add(merge.AsString());
            }

            if (problem is not null)
            {
                throw merge.Fail(problem.TrimEnd('.'));
            }
        }

        return checker.Merges;
    }
}

/// <summary>Takes up merges one by one and says what is wrong with each.</summary>
internal sealed class MergeChecker(IReadOnlyDictionary<string, int> vocabulary)
{
    private readonly HashSet<(string, string)> _seen = [];

    internal List<(string Left, string Right)> Merges { get; } = [];

    /// <summary>Takes a merge written <c>a b</c>; returns what is wrong, or null.</summary>
    internal string? Add(string line)
    {
        int blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank > 0 && blank < line.Length - 1 && line.IndexOf(' ', blank + 1) < 0
            ? Add(line[..blank], line[(blank + 1)..])
            : $"\"{Shorten(line)}\" must be two pieces with one blank between them.";
    }

    /// <summary>Takes a merge of two pieces; returns what is wrong, or null.</summary>
    internal string? Add(string left, string right)
    {
        if (left.Length == 0 || right.Length == 0 || left.Contains(' ', StringComparison.Ordinal) || right.Contains(' ', StringComparison.Ordinal))
        {
            return $"The merge of \"{Shorten(left)}\" and \"{Shorten(right)}\" has an empty piece or one with a blank.";
        }

        foreach (string piece in (string[])[left, right, left + right])
        {
            if (!vocabulary.ContainsKey(piece))
            {
                return $"The merge of \"{Shorten(left)}\" and \"{Shorten(right)}\" needs the piece \"{Shorten(piece)}\", which the vocabulary lacks.";
            }
        }

        if (!_seen.Add((left, right)))
        {
            return $"The merge of \"{Shorten(left)}\" and \"{Shorten(right)}\" is there twice.";
        }

        Merges.Add((left, right));
        return null;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
