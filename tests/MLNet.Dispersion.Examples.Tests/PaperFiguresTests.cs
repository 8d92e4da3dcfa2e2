using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Examples.PaperFigures;
using MLNet.Dispersion.Text;

namespace MLNet.Dispersion.Examples.Tests;

public sealed class PaperFiguresTests : IDisposable
{
    private const int Tokens = 24;
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_TwoModelsOneOfThemMissingTwoSources_DrawsWhatItCanAndGoesOnWhereItWas()
    {
        string[] documents = [.. Enumerable.Range(0, 12).Select(Document)];
        string prose = Path.Combine(_folder, "prose.jsonl"), table = Path.Combine(_folder, "reviews.tsv"), output = Path.Combine(_folder, "out");
        File.WriteAllLines(prose, documents.Select(document => JsonSerializer.Serialize(new { text = document })));
        File.WriteAllLines(table, ["label\ttext", .. documents.Select(document => "good\t" + document[^200..])]);
        string small = Model("small", layers: 5, width: 8), large = Model("large", layers: 6, width: 256), broken = Path.Combine(_folder, "broken");
        Directory.CreateDirectory(broken);
        string[] arguments = [$"tiny={small}", $"tiny={large}", broken, "--texts", $"prose={prose}", table, "--tokens", $"{Tokens}", "--max-texts", "11", "--out", output];

        Assert.Equal(1, Run(arguments));

        JsonElement[] figures = [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "figures.json"))).RootElement.EnumerateArray()];
        Assert.Equal(["small prose", "small reviews", "large prose", "large reviews"], figures.Select(figure => $"{figure.GetProperty("model")} {figure.GetProperty("source")}"));
        Assert.All(figures, figure => Assert.Equal((11, Tokens), (figure.GetProperty("texts").GetInt32(), figure.GetProperty("tokens").GetInt32())));
        CondensationReport whole = CondensationReport.Measure(ModelSource.FromDirectory(small), TextSource.Parse(prose, 11, Tokens).Passages, new() { MinTokens = Tokens, MaxTokens = Tokens });
        Assert.Equal(whole.Layers[^1].Measures[whole.MainCosine], figures[0].GetProperty("lastCosine").GetDouble());
        Assert.Equal(whole.Intervals!.SpearmanOffDiagonal!.Lower, figures[0].GetProperty("spearmanLower").GetDouble());
        Assert.Equal(whole.Parameters, figures[0].GetProperty("parameters").GetInt64());
        Assert.Equal(5, File.ReadAllLines(Path.Combine(output, "figures.csv")).Length);
        Assert.Equal(1 + (2 * 6) + (2 * 7), File.ReadAllLines(Path.Combine(output, "layers.csv")).Length);
        string[] pictures = ["by-text-source-1", "by-text-source-2", "heat-maps", "last-layer-by-size", "trend-by-depth", "trend-by-size"];
        Assert.Equal(pictures, Directory.GetFiles(output, "*.png").Select(Path.GetFileNameWithoutExtension).Order());
        string page = File.ReadAllText(Path.Combine(output, "index.html"));
        Assert.All(["How condensed each model is", "What was published", "Trend with depth by size", "small: mean cosine"], text => Assert.Contains(text, page, StringComparison.Ordinal));

        // The same command measures nothing anew; other options are measured for themselves.
        string[] reports = Directory.GetFiles(Path.Combine(output, "reports"));
        Assert.Equal(4, reports.Length);
        DateTime[] written = [.. reports.Select(File.GetLastWriteTimeUtc)];
        Assert.Equal(1, Run(arguments));
        Assert.Equal(written, reports.Select(File.GetLastWriteTimeUtc));
        Assert.Equal(0, Run([small, "--whole", "--texts", $"prose={prose}", "--tokens", "20", "--out", output]));
        Assert.Equal(5, Directory.GetFiles(Path.Combine(output, "reports")).Length);
    }

    [Fact]
    public void Run_NothingThatCanBeMeasured_SaysWhyAndDrawsNothing()
    {
        string output = Path.Combine(_folder, "out"), shortTexts = Path.Combine(_folder, "short.txt");
        File.WriteAllText(shortTexts, "Too short.");

        Assert.Equal(1, Run(["no such model", "--out", output]));
        Assert.Equal(1, Run(["TinyEnglish", "--texts", shortTexts, "--out", output]));
        Assert.Equal(1, Run(["TinyEnglish", "--texts", "no-such-file.txt", "--out", output]));
        Assert.Equal(1, Run(["TinyEnglish", "TinyEnglish", "--tokens", "8", "--out", output]));
        Assert.Empty(Directory.Exists(output) ? Directory.GetFiles(output) : []);
    }

    [Fact]
    public void Passages_OfMoreThanAreWanted_AreDrawnFromTheWholeFileAndAlike()
    {
        string file = Path.Combine(_folder, "long.txt");
        File.WriteAllText(file, string.Join(' ', Enumerable.Range(0, 4000).Select(i => i.ToString("D4", CultureInfo.InvariantCulture))));

        TextSource first = TextSource.Parse(file, passages: 10, tokens: 5), again = TextSource.Parse($"other={file}", passages: 10, tokens: 5);

        Assert.Equal(("long", "other"), (first.Name, again.Name));
        Assert.Equal(first.Passages, again.Passages);
        Assert.Equal(10, first.Passages.Distinct().Count());
        Assert.Equal(first.Passages.Order(StringComparer.Ordinal), first.Passages);
        Assert.All(first.Passages, passage => Assert.InRange(passage.Length + 1, 40, 45));
        Assert.True(string.CompareOrdinal(first.Passages[^1], "2000") > 0);
    }

    private static int Run(string[] arguments) => (int)typeof(NamedModel).Assembly.EntryPoint!.Invoke(null, [arguments])!;

    private static string Document(int number)
    {
        string[] words = ["rain", "fell", "on", "the", "old", "roof", "and", "nobody", "came", "by", "a", "quiet", "road"];
        var random = new Random(number);
        return string.Join(' ', Enumerable.Range(0, 80).Select(_ => words[random.Next(words.Length)]));
    }

    private string Model(string name, int layers, int width)
    {
        string folder = Path.Combine(_folder, name);
        TextTokenizer tokenizer = ByteLevelBpeTrainer.Train(Enumerable.Range(0, 12).Select(Document), 300, ["<|endoftext|>"]);
        using PretrainedLanguageModel model = new Gpt2Shape(layers, 32, 2, 64, width) { InitializerRange = 0.1 }.CreateModel(name, tokenizer, seed: 1);
        model.Save(folder);
        return folder;
    }
}
