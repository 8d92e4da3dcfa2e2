namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class ProtocolTests
{
    private static readonly int[][] PythonOfSeven = [[6, 3, 0, 4, 5], [6, 4, 0, 5, 3], [6, 2, 1, 0, 3]];

    [Fact]
    public void Published_Tasks_AreTheTenWithTheirShotsAndAccuracyFirst()
    {
        BenchmarkTemplate[] templates = [.. Protocol.Published.Tasks.Select(name => Protocol.Published.Adapt(BenchmarkTemplate.BuiltIn(name)))];

        Assert.Equal(10, templates.Length);
        Assert.Equal(["arc_easy", "arc_challenge", "medmcqa", "mmlu"], templates.Where(template => template.FewShot == 1).Select(template => template.Name));
        Assert.All(templates, template => Assert.Equal("acc", template.Metrics[0].HarnessName()));
        Assert.Equal(BenchmarkMetric.Accuracy, templates.Single(template => template.Name == "openbookqa").Metrics[0]);
        Assert.Equal(FewShotDraw.First, templates.Single(template => template.Name == "mmlu").FewShotDraw);
        Assert.Equal(FewShotDraw.Harness, templates.Single(template => template.Name == "arc_easy").FewShotDraw);
        Assert.Equal((500, 200, 5), (Protocol.Published.MaxItems, Protocol.PublishedQwen3.MaxItems, Protocol.PublishedQwen3.FewShot));
        Assert.Contains("truthfulqa_mc1", Protocol.Harness.Tasks);
    }

    [Fact]
    public void Over_Options_SetsItemsAndTiesAndKeepsTheRest()
    {
        EvaluationOptions options = (Protocol.Harness with { MaxItems = 3 }).Over(new EvaluationOptions { BatchSize = 5 });

        Assert.Equal((3, true, TieRule.First, 5), (options.MaxItems, options.FirstItems, options.Ties, options.BatchSize));
        Assert.Contains("Protocol with { FewShot = 2 }", Assert.Throws<ArgumentException>(() => Protocol.Harness.Over(new EvaluationOptions { FewShot = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FirstItems_Few_AreTheFirst()
    {
        using var model = TinyLlama.Create();
        var answers = new List<BenchmarkAnswer>();
        BenchmarkItem[] items = [.. Enumerable.Range(0, 6).Select(i => new BenchmarkItem { Id = $"{i}", Choices = [Choice(" yes", true), Choice(" no", false)] })];

        BenchmarkResult result = LanguageModelEvaluation.Run(model, [new BenchmarkTask(TaskFiles.Template, items)], new EvaluationOptions { MaxItems = 2, FirstItems = true, Answers = new Collected(answers) }).Tasks[0];

        Assert.Equal(["0", "0", "1", "1"], answers.Select(answer => answer.Item));
        Assert.Equal([0, 1, 0, 1], answers.Select(answer => answer.Choice));
        Assert.All(answers, answer => Assert.Equal(NaiveLikelihood.Of(model, "Is it?", answer.Continuation).LogLikelihood, answer.LogLikelihood, 1e-4));
        Assert.Equal((2, 6), (result.Items, result.AvailableItems));
        Assert.Same(result.Main, result.Score("acc"));
        Assert.Contains("'f1' was not measured", Assert.Throws<ArgumentException>(() => result.Score("f1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_PythonsGenerator_DrawsWhatItDraws()
    {
        // random.Random(1234).sample(range(n), k), one after the other.
        var list = new HarnessDraw();
        var set = new HarnessDraw();

        Assert.Equal([[99, 56, 14, 0, 11], [74, 4, 85, 88, 10], [12, 98, 45, 30, 2]], Enumerable.Range(0, 3).Select(_ => set.Sample(100, 5)));
        Assert.Equal(PythonOfSeven, Enumerable.Range(0, 3).Select(_ => list.Sample(7, 5)));
    }

    [Fact]
    public void Choose_Checkpoints_ByTheirRule()
    {
        EvaluationResult[] runs = [Result(0.4), Result(0.6), Result(0.6), Result(0.5)];

        Assert.Equal(1, Protocol.Published.Choose(runs));
        Assert.Equal(3, Protocol.Harness.Choose(runs));
        Assert.Contains("Checkpoint 1", Assert.Throws<ArgumentException>(() => Protocol.Published.Choose([Result(0.4), Result(0.5, "other")])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Protocol.Published.Choose([]));
    }

    private static EvaluationResult Result(double value, string task = "quiz") => new("model", DateTimeOffset.UnixEpoch, 0,
    [
        new BenchmarkResult { Task = task, Title = task, Items = 10, AvailableItems = 10, FewShot = 0, Scores = [new BenchmarkScore { Metric = BenchmarkMetric.Accuracy, Value = value, StandardError = 0.1 }] },
    ]);

    private static BenchmarkChoice Choice(string text, bool isTrue) => new() { Context = "Is it?", Continuation = text, Text = text.Trim(), IsTrue = isTrue };

    private sealed class Collected(List<BenchmarkAnswer> all) : IProgress<BenchmarkAnswer>
    {
        public void Report(BenchmarkAnswer value) => all.Add(value);
    }
}
