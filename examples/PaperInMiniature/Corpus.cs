namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Texts for pre-training, others for mid-training, and others again that no model sees.</summary>
/// <param name="Description">Where they come from, for the report.</param>
/// <param name="Pretraining">Half of the rest.</param>
/// <param name="MidTraining">The other half.</param>
/// <param name="HeldOut">A tenth.</param>
internal sealed record Corpus(string Description, IReadOnlyList<string> Pretraining, IReadOnlyList<string> MidTraining, IReadOnlyList<string> HeldOut)
{
    private const int PassageCharacters = 1500;
    private const int FewestPassages = 100;
    private const int HeldOutEvery = 10;

    /// <summary>The documentation of .NET.</summary>
    public static Corpus OfDotNet(int documents) => FromTexts(DotNetDocumentation.Name, DotNetDocumentation.Texts(), documents);

    /// <summary>The caller's own texts: .txt files, or .jsonl, .jsonl.gz and .tsv with a field "text".</summary>
    public static Corpus FromFiles(IReadOnlyList<FileInfo> files, int documents) =>
        FromTexts(string.Join(", ", files.Select(file => file.Name)), [.. files.SelectMany(TextFiles.Documents)], documents);

    private static Corpus FromTexts(string name, IReadOnlyList<string> texts, int documents)
    {
        string[] passages = [.. texts.SelectMany(PassagesOf)];
        if (passages.Length < FewestPassages)
        {
            throw new UserException($"{name} has {passages.Length} passages of about {PassageCharacters} characters; the miniature needs at least {FewestPassages}, some 150 kB of text.");
        }

        new Random(7).Shuffle(passages);
        string[] used = [.. passages.Take(documents)];
        return Split($"{used.Length} passages of {name}", used);
    }

    private static Corpus Split(string description, IReadOnlyList<string> documents) => new(
        description,
        [.. documents.Where((_, i) => i % HeldOutEvery != 0 && i % 2 == 0)],
        [.. documents.Where((_, i) => i % HeldOutEvery != 0 && i % 2 == 1)],
        [.. documents.Where((_, i) => i % HeldOutEvery == 0)]);

    private static IEnumerable<string> PassagesOf(string text) => Passages.Of(
        text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(paragraph => paragraph.ReplaceLineEndings(" ")), PassageCharacters);
}
