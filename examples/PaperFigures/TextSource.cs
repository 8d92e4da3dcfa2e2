namespace MLNet.Dispersion.Examples.PaperFigures;

/// <summary>A kind of texts: passages that are long enough for the measurement whatever the tokenizer, the same for all models.</summary>
/// <param name="Name">What tables and pictures call it.</param>
/// <param name="Passages">The passages, cut from documents that are never joined.</param>
internal sealed record TextSource(string Name, IReadOnlyList<string> Passages)
{
    // English has 4 to 5 characters a token in today's vocabularies.
    private const int CharactersPerToken = 8;

    /// <summary>Reads NAME=FILE, or a file whose name becomes the source's.</summary>
    /// <param name="entry">As the user wrote it.</param>
    /// <param name="passages">The most passages; of more, some are drawn evenly by a fixed seed.</param>
    /// <param name="tokens">The tokens that a passage must have.</param>
    /// <exception cref="UserException">There is no such file, or no document in it is long enough.</exception>
    public static TextSource Parse(string entry, int passages, int tokens)
    {
        (string name, string file) = entry.Split('=', 2) is [{ Length: > 0 } before, { Length: > 0 } after] && !File.Exists(entry)
            ? (before, after)
            : (Path.GetFileName(entry).Split('.')[0], entry);
        return Of(name, TextFiles.Documents(new FileInfo(file)), passages, tokens);
    }

    /// <summary>The texts for those who bring none.</summary>
    public static TextSource OfDotNet(int passages, int tokens) => Of("documentation", DotNetDocumentation.Texts(), passages, tokens);

    private static TextSource Of(string name, IEnumerable<string> documents, int passages, int tokens)
    {
        int length = CharactersPerToken * tokens;
        string[] drawn = Draw(documents.SelectMany(document => Cut(document, length)), passages);
        return drawn.Length > 0 ? new TextSource(name, drawn) : throw new UserException(
            $"No document of '{name}' has {length} characters, {CharactersPerToken} for each of {tokens} tokens; all models are to see texts of one length. Bring longer documents, or lower --tokens.");
    }

    /// <summary>Consecutive passages, cut between words: each with the blank behind it has at least so many characters.</summary>
    private static IEnumerable<string> Cut(string document, int length)
    {
        for (int start = 0; start + length <= document.Length;)
        {
            int end = document.IndexOf(' ', start + length - 1) is var blank and >= 0 ? blank : document.Length;
            yield return document[start..end];
            start = end + 1;
        }
    }

    /// <summary>A uniform sample in the order of the file, which is read once and not held.</summary>
    private static string[] Draw(IEnumerable<string> passages, int count)
    {
        var random = new Random(1);
        var drawn = new List<(int Place, string Passage)>(count);
        foreach ((int place, string passage) in passages.Index())
        {
            int slot = place < count ? place : random.Next(place + 1);
            if (place < count)
            {
                drawn.Add((place, passage));
            }
            else if (slot < count)
            {
                drawn[slot] = (place, passage);
            }
        }

        return [.. drawn.OrderBy(one => one.Place).Select(one => one.Passage)];
    }
}
