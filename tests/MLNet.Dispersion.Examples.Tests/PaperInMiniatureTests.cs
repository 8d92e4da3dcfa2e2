using System.Globalization;
using System.Text.RegularExpressions;
using MLNet.Dispersion.Examples.PaperInMiniature;

namespace MLNet.Dispersion.Examples.Tests;

public sealed class PaperInMiniatureTests
{
    [Fact]
    public void Sizes_Hour_MakesAtLeastFiveFullReplications()
    {
        Assert.True(MiniatureSize.Named("hour").Replications >= 5);
        Assert.All(MiniatureSize.All, size => Assert.True(size.Replications >= 2));
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Glance_TwoReplications_StatesEachObservationByAWordAndItsInterval()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string texts = Path.Combine(folder, "texts.txt"), page = Path.Combine(folder, "out", "glance", "report.html");
            File.WriteAllText(texts, string.Join("\n\n", Enumerable.Range(0, 700).Select(Paragraph)));
            string[] arguments = ["--size", "glance", "--texts", texts, "--out", Path.Combine(folder, "out")];

            Assert.Equal(0, Run(arguments));

            string first = File.ReadAllText(page);
            MatchCollection words = Regex.Matches(first, @"(better|worse|no difference that matters|cannot be told): [+-]?[0-9.]+, 99\.8 % interval [+-]?[0-9.]+ to [+-]?[0-9.]+, least effect [0-9.]+");
            Assert.Equal(23, words.Select(word => word.Index).Distinct().Count());
            Assert.Contains("Student's t over 2 full replications", System.Net.WebUtility.HtmlDecode(first), StringComparison.Ordinal);
            Assert.Contains("distillation", File.ReadAllText(Path.Combine(folder, "out", "glance", "mid-training.html")), StringComparison.Ordinal);
            Assert.True(Directory.Exists(Path.Combine(folder, "out", "glance", "replication-2", "pretrain-16-std0.098-12x8", "model")));

            // The same command trains nothing anew, and says the same.
            Assert.Equal(0, Run(arguments));
            MatchCollection again = Regex.Matches(File.ReadAllText(page), words[0].Value.Replace("+", "\\+", StringComparison.Ordinal));
            Assert.NotEmpty(again);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void InitialShape_SmallerThanThePublished_HasWeightsLargerByTheRootOfTheFeatures()
    {
        Assert.Equal((12, 768, 12, 512), (InitialShape.Published.Layers, InitialShape.Published.Features, InitialShape.Published.Heads, InitialShape.Published.Tokens));
        Assert.Equal([64, 256, 1024, 4096], InitialShape.Published.Widths);
        Assert.Equal(0.02, InitialShape.Published.InitializerRange, 12);
        Assert.Equal(0.02 * Math.Sqrt(6), MiniatureSize.Named("minutes").Shape.InitializerRange, 12);
    }

    [Fact]
    public void RandomWeights_AreCondensedAsTheTheorySaysAndLessWithAWiderMlp()
    {
        var shape = new InitialShape(6, 64, 2, 128, [8, 512]);
        string[] texts = [string.Join(' ', Enumerable.Range(0, 4).Select(Paragraph)), string.Join(' ', Enumerable.Range(4, 4).Select(Paragraph))];
        var tokenizer = Text.ByteLevelBpeTrainer.Train(texts, 320, ["<|endoftext|>"]);
        CondensationProfile[] profiles = [.. shape.Widths.Select(width =>
        {
            using PretrainedLanguageModel model = shape.CreateModel(width, tokenizer, seed: 1);
            return CondensationReport.Measure(model, texts, new() { MinTokens = 128, MaxTokens = 128, SpectrumTexts = 0, ConeTexts = 0 }).Profile;
        })];

        Assert.All(shape.Widths.Zip(profiles), pair => Assert.Equal(ConeTheory.LastCosine(shape, pair.First, pair.Second.Layers[0].MeanCosineOffDiagonal), pair.Second.Layers[^1].MeanCosine, 0.1));
        Assert.True(profiles[0].Layers[^1].MeanCosine > profiles[1].Layers[^1].MeanCosine + 0.1, $"{profiles[0]}\n{profiles[1]}");
        Assert.All(profiles, profile => Assert.True(profile.Layers[^1].MeanCosine > profile.Layers[0].MeanCosine + 0.1, $"{profile}"));
        Assert.True(profiles[0].Trend.Spearman > 0.9, $"{profiles[0]}");
    }

    private static int Run(string[] arguments) => (int)typeof(MiniatureSize).Assembly.EntryPoint!.Invoke(null, [arguments])!;

    /// <summary>Some three hundred characters of words that follow one another as they like.</summary>
    private static string Paragraph(int number)
    {
        string[] words = ["the", "river", "old", "house", "stood", "by", "a", "quiet", "road", "and", "nobody", "came", "there", "after", "rain", "fell", "on", "its", "roof", "for", "many", "days"];
        var random = new Random(number);
        return string.Join(' ', Enumerable.Range(0, 60).Select(_ => words[random.Next(words.Length)])) + number.ToString(CultureInfo.InvariantCulture) + ".";
    }
}
