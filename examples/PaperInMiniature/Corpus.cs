using System.IO.Compression;
using System.Text.Json;

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

    /// <summary>The caller's own texts: .txt files, or .jsonl and .jsonl.gz with a field "text".</summary>
    public static Corpus FromFiles(IReadOnlyList<FileInfo> files, int documents) =>
        FromTexts(string.Join(", ", files.Select(file => file.Name)), [.. files.SelectMany(Read)], documents);

    private static Corpus FromTexts(string name, IReadOnlyList<string> texts, int documents)
    {
        string[] passages = [.. texts.SelectMany(Passages)];
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

    private static IEnumerable<string> Read(FileInfo file)
    {
        if (!file.Exists)
        {
            throw new UserException($"There is no file {file.FullName}.");
        }

        string name = file.Name.ToLowerInvariant();
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var reader = new StreamReader(new GZipStream(file.OpenRead(), CompressionMode.Decompress));
            return TextsOf(file, reader);
        }

        if (name.EndsWith(".jsonl", StringComparison.Ordinal))
        {
            using var reader = file.OpenText();
            return TextsOf(file, reader);
        }

        return [File.ReadAllText(file.FullName)];
    }

    private static List<string> TextsOf(FileInfo file, StreamReader reader)
    {
        var texts = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            try
            {
                using JsonDocument record = JsonDocument.Parse(line);
                texts.Add(record.RootElement.GetProperty("text").GetString() ?? string.Empty);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new UserException($"{file.FullName}, line {texts.Count + 1}: each line must be a JSON object with a field \"text\". {e.Message}");
            }
        }

        return texts;
    }

    private static IEnumerable<string> Passages(string text)
    {
        var passage = new List<string>();
        int length = 0;
        foreach (string paragraph in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            passage.Add(paragraph.ReplaceLineEndings(" "));
            length += paragraph.Length;
            if (length >= PassageCharacters)
            {
                yield return string.Join("\n", passage);
                passage.Clear();
                length = 0;
            }
        }
    }
}
