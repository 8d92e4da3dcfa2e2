namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class EvaluationResultTests
{
    private static readonly EvaluationResult Sample = new("tiny|one", new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), 9,
    [
        new BenchmarkResult { Task = "piqa", Title = "PIQA", Items = 100, AvailableItems = 919, FewShot = 0, Scores = [new() { Metric = BenchmarkMetric.Accuracy, Value = 0.5, StandardError = 0.03 }, new() { Metric = BenchmarkMetric.NormalizedAccuracy, Value = 1.0 / 3, StandardError = 0.04 }], TruncatedPrompts = 3, TruncatedChoices = 1, ScoredTokens = 5_000_000_000, ForwardSequences = 17 },
        new BenchmarkResult
        {
            Task = "lambada_openai",
            Title = "LAMBADA (openai)",
            Items = 1,
            AvailableItems = 1,
            FewShot = 2,
            Scores = [new() { Metric = BenchmarkMetric.GreedyAccuracy, Value = 0.1, StandardError = double.NaN }, new() { Metric = BenchmarkMetric.Perplexity, Value = 1234567.5, StandardError = double.NaN }],
        },
    ]);

    [Fact]
    public void Json_RoundTrip_GivesEveryFigureBack()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("mlnet-dispersion-scores-").FullName, "deep", "scores.json");
        Sample.Save(file);
        foreach (EvaluationResult read in new[] { EvaluationResult.FromJson(Sample.ToJson()), EvaluationResult.Load(file) })
        {
            Assert.Equal((Sample.Model, Sample.Measured, Sample.Seed), (read.Model, read.Measured, read.Seed));
            foreach ((BenchmarkResult one, BenchmarkResult other) in Sample.Tasks.Zip(read.Tasks))
            {
                Assert.Equal(one.Scores, other.Scores);
                Assert.Equal(one with { Scores = other.Scores }, other);
            }

            Assert.Equal(Sample.ToJson(), read.ToJson());
        }

        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(file))!, recursive: true);
    }

    [Theory]
    [InlineData("\"mlnet-dispersion/evaluation\"", "\"other\"", "'schema'")]
    [InlineData("\"version\": 1", "\"version\": 2", "version 2")]
    [InlineData("\"version\": 1", "\"version\": \"x\"", "'version'")]
    [InlineData("\"items\": 100", "\"items\": 0", "'tasks[0].items' is 0")]
    [InlineData("\"items\": 100", "\"items\": 1000", "'tasks[0].availableItems'")]
    [InlineData("\"value\": 0.5", "\"value\": 1.5", "'tasks[0].scores[0].value' is 1.5")]
    [InlineData("\"standardError\": 0.03", "\"standardError\": -1", "'tasks[0].scores[0].standardError' is -1")]
    [InlineData("\"acc\"", "\"accuracy\"", "'accuracy' is no metric")]
    [InlineData("\"title\": \"PIQA\",", "", "title")]
    [InlineData("\"items\": 100", "\"items\": ", "no whole evaluation")]
    public void FromJson_Damaged_NamesTheField(string text, string instead, string words)
    {
        string json = Sample.ToJson();
        Assert.Contains(text, json, StringComparison.Ordinal);
        int at = json.IndexOf(text, StringComparison.Ordinal);
        Assert.Contains(words, Assert.Throws<FormatException>(() => EvaluationResult.FromJson(json[..at] + instead + json[(at + text.Length)..])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mean_Tasks_CountTheSame()
    {
        Assert.Equal(0.3, Sample.Mean, 1e-12);
        Assert.True(double.IsNaN(Sample.MeanStandardError));
        var two = new EvaluationResult("m", default, 0, [Sample.Tasks[0], Sample.Tasks[0]]);
        Assert.Equal(Math.Sqrt(2 * 0.03 * 0.03) / 2, two.MeanStandardError, 1e-12);
        Assert.Equal(0.5, Sample.Task("piqa").Score(BenchmarkMetric.Accuracy).Value);
        Assert.Contains("piqa", Assert.Throws<ArgumentException>(() => Sample.Task("mmlu")).Message, StringComparison.Ordinal);
        Assert.Contains("NormalizedAccuracy", Assert.Throws<ArgumentException>(() => Sample.Tasks[0].Score(BenchmarkMetric.TrueShare)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Table_ShowsEveryScoreWithItsError()
    {
        const string Expected =
            """
            tiny|one

            Task                  Metric     Score  ± s.e.       Items  Shots
            PIQA                     acc   50.00 %  3.00 %  100 of 919      0
            PIQA                acc_norm   33.33 %  4.00 %  100 of 919      0
            LAMBADA (openai)  acc_greedy   10.00 %       -           1      2
            LAMBADA (openai)  perplexity  1.235E+6       -           1      2
            Mean of tasks                  30.00 %       -

            PIQA: 3 prompts were longer than the model's context and lost tokens on the left, 1 of them tokens of the choice itself.

            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), Sample.ToString());
        Assert.StartsWith("**tiny\\|one**\n\n| Task | Metric | Score | ± s.e. | Items | Shots |\n| :-- | --: | --: | --: | --: | --: |\n| PIQA | acc | 50.00 % | 3.00 % | 100 of 919 | 0 |\n| PIQA | acc\\_norm |", Sample.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void With_Perplexity_StandsFirstAndOutsideTheMean()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        WordPerplexityResult perplexity = WordPerplexity.Measure(model, TinyBackbone.LabelledTexts(9).Texts);
        EvaluationResult joined = Sample.With(perplexity, "wikitext", "WikiText");
        Assert.Equal(["wikitext", "piqa", "lambada_openai"], joined.Tasks.Select(task => task.Task));
        Assert.Equal(perplexity.WordPerplexity, joined.Tasks[0].Score(BenchmarkMetric.WordPerplexity).Value);
        Assert.Equal(9, joined.Tasks[0].Items);
        Assert.Equal(Sample.Mean, joined.Mean);
        Assert.Equal(joined.ToJson(), EvaluationResult.FromJson(joined.ToJson()).ToJson());
    }
}
