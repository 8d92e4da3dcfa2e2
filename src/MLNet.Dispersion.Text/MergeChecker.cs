namespace MLNet.Dispersion.Text;

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
