namespace MLNet.Dispersion.Benchmarks.MidTraining;

/// <summary>Texts of one kind that no training sees.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Text">All of it, for perplexity.</param>
internal sealed record HeldOut(string Name, string Text)
{
    private const int PassageCharacters = 1500;

    /// <summary>Reads NAME=FILE.</summary>
    /// <param name="named">Name and file.</param>
    /// <param name="characters">How much of it is taken, from its beginning.</param>
    public static HeldOut Of(string named, int characters)
    {
        int equals = named.IndexOf('=');
        if (equals <= 0)
        {
            throw new UserException($"--held-out {named}: give a name and a file, NAME=FILE.");
        }

        string text = string.Join("\n", TextFiles.Documents(new FileInfo(named[(equals + 1)..])).Take(1));
        return new HeldOut(named[..equals], text[..Math.Min(characters, text.Length)]);
    }

    /// <summary>Its lines, put together to passages of some 350 tokens, for geometry.</summary>
    public IEnumerable<string> InPassages() => Passages.Of(Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), PassageCharacters);
}
