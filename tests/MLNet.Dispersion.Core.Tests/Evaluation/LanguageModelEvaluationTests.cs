namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class LanguageModelEvaluationTests : IDisposable
{
    private static readonly string[] Words = ["invoice", "refund", "crash", "error", "parcel", "courier", "money", "bug"];

    private static readonly BenchmarkTemplate Template = TaskFiles.Template with
    {
        Context = "my {question} is",
        Metrics = [BenchmarkMetric.Accuracy, BenchmarkMetric.NormalizedAccuracy, BenchmarkMetric.GreedyAccuracy, BenchmarkMetric.Perplexity, BenchmarkMetric.TrueShare],
    };

    private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
    private readonly TaskFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Run_BatchSize_DoesNotChangeScores()
    {
        BenchmarkTask task = Quiz(40);
        EvaluationResult whole = Run(task, new() { BatchSize = 64 });
        foreach (EvaluationOptions options in new EvaluationOptions[] { new() { BatchSize = 1 }, new() { BatchSize = 7 }, new() { MaxBatchTokens = 20 } })
        {
            foreach ((BenchmarkScore one, BenchmarkScore other) in whole.Tasks[0].Scores.Zip(Run(task, options).Tasks[0].Scores))
            {
                Assert.Equal(0, other.Value - one.Value, 1e-5 * Math.Max(1, one.Value));
            }
        }
    }

    [Fact]
    public void Run_OrderOfChoices_DoesNotChangeScores()
    {
        BenchmarkTask task = Quiz(30);
        var turned = new BenchmarkTask(task.Template, [.. task.Items.Select(item => item with { Choices = [.. item.Choices.Reverse()] })]);
        foreach ((BenchmarkScore one, BenchmarkScore other) in Run(task).Tasks[0].Scores.Zip(Run(turned).Tasks[0].Scores))
        {
            Assert.Equal(0, other.Value - one.Value, 1e-5 * Math.Max(1, one.Value));
        }
    }

    [Fact]
    public void Run_ChoicesOfOneToken_CostOneSequenceAQuestion()
    {
        Assert.All([" is", " my", " the"], word => Assert.Single(_model.Tokenizer.Encode(word).Ids));
        string[] lines = [.. Words.Select((word, i) => TaskFiles.Line(word, i % 3, "is", "my", "the"))];
        BenchmarkResult result = Run(_files.Load(Template, [.. lines, .. lines])).Tasks[0];
        Assert.Equal(16, result.Items);
        Assert.Equal(8, result.ForwardSequences);
        Assert.Equal(48, result.ScoredTokens);
    }

    [Fact]
    public void Run_EmptyContext_FollowsTheFirstToken()
    {
        BenchmarkTask task = _files.Load(Template with { Context = "", Choices = ["{question}"], ChoicesField = null, GoldField = null, Continuation = "{choice}", Metrics = [BenchmarkMetric.Perplexity] }, TaskFiles.Line("invoice", 0, "-"));
        int[] ids = [_model.Tokenizer.EosTokenId!.Value, .. _model.Tokenizer.Encode("invoice").Ids];
        Assert.Equal(1, Run(task).Tasks[0].Main.Value / Math.Exp(-NaiveLikelihood.Of(_model, ids, 1).LogLikelihood), 1e-5);
    }

    [Fact]
    public void Run_TooLong_LosesTokensOnTheLeftAndCountsThem()
    {
        string question = string.Join(' ', Enumerable.Repeat("the parcel", 60));
        string answer = string.Join(' ', Enumerable.Repeat("money", 60));
        BenchmarkTemplate one = Template with { Metrics = [BenchmarkMetric.Perplexity], Choices = ["{gold}"], ChoicesField = null, GoldField = null };
        BenchmarkResult prompt = Run(_files.Load(one, $$"""{"question": "{{question}}", "gold": "money"}""", """{"question": "a", "gold": "money"}""")).Tasks[0];
        Assert.Equal((1, 0), (prompt.TruncatedPrompts, prompt.TruncatedChoices));
        double losses = -NaiveLikelihood.Of(_model, $"my {question} is", " money").LogLikelihood - NaiveLikelihood.Of(_model, "my a is", " money").LogLikelihood;
        Assert.Equal(1, prompt.Main.Value / Math.Exp(losses / 2), 1e-5);

        EvaluationResult choice = Run(_files.Load(one, $$"""{"question": "a", "gold": "{{answer}}"}"""));
        Assert.Equal((1, 1), (choice.Tasks[0].TruncatedPrompts, choice.Tasks[0].TruncatedChoices));
        Assert.Equal(TinyBackbone.ContextLength, choice.Tasks[0].ScoredTokens);
        Assert.Contains("1 prompts were longer than the model's context", $"{choice}", StringComparison.Ordinal);

        Assert.Equal(2, Run(_files.Load(one, """{"question": "a", "gold": "money"}""", """{"question": "b", "gold": "money"}"""), new() { MaxTokens = 3 }).Tasks[0].TruncatedPrompts);
    }

    [Fact]
    public void Run_FewShot_DependsOnTheSeedAlone()
    {
        BenchmarkTask task = Quiz(30);
        double Score(int seed, int? items = null, int batch = 8) => Run(task, new() { FewShot = 2, Seed = seed, MaxItems = items, BatchSize = batch }).Tasks[0].Score(BenchmarkMetric.Perplexity).Value;
        double first = Score(1);
        Assert.Equal(first, Score(1));
        Assert.Equal(1, Score(1, batch: 3) / first, 1e-5);
        Assert.NotEqual(1, Score(2) / first, 1e-5);
        Assert.NotEqual(1, Score(1, items: 10) / first, 1e-5);
        Assert.Equal(10, Run(task, new() { FewShot = 2, MaxItems = 10 }).Tasks[0].Items);
    }

    [Fact]
    public void Before_Examples_AreDistinctSolvedOfTheGroupAndNeverTheItemItself()
    {
        BenchmarkTask task = Quiz(30, Template with { FewShotData = "quiz.jsonl", FewShotSameField = "gold", Separator = "\n" });
        var prompts = new PromptBuilder(task, new EvaluationOptions { FewShot = 3, Seed = 5 });
        var again = new PromptBuilder(task, new EvaluationOptions { FewShot = 3, Seed = 5 });
        for (int i = 0; i < task.Items.Count; i++)
        {
            string[] examples = prompts.Before(i).Split('\n')[..^1];
            Assert.Equal(3, examples.Distinct().Count());
            Assert.All(examples, example => Assert.Contains(task.Items.Where((item, j) => j != i && item.Group == task.Items[i].Group), item => item.Solved == example));
            Assert.Equal(prompts.Before(i), again.Before(i));
        }

        Assert.NotEqual(prompts.Before(0), prompts.Before(3));
        var first = new PromptBuilder(Quiz(30, Template with { FewShotData = "quiz.jsonl", FewShotDraw = FewShotDraw.First }), new EvaluationOptions { FewShot = 2 });
        Assert.Equal($"{task.Items[0].Solved}\n\n{task.Items[1].Solved}\n\n", first.Before(9));
        Assert.Equal($"{task.Items[1].Solved}\n\n{task.Items[2].Solved}\n\n", first.Before(0));
    }

    [Fact]
    public void Run_MaxItems_IsASeededSample()
    {
        BenchmarkTask task = Quiz(40);
        double Score(int seed) => Run(task, new() { MaxItems = 15, Seed = seed }).Tasks[0].Score(BenchmarkMetric.Perplexity).Value;
        Assert.Equal(Score(3), Score(3));
        Assert.NotEqual(Score(3), Score(4));
        Assert.Equal(40, Run(task, new() { MaxItems = 15 }).Tasks[0].AvailableItems);
        Assert.Equal(40, Run(task, new() { MaxItems = 99 }).Tasks[0].Items);
    }

    [Fact]
    public void Run_BadArguments_NameValueAndCure()
    {
        BenchmarkTask task = Quiz(4);
        AssertThrows(new() { MaxItems = 0 }, "MaxItems is 0; it must be at least 1");
        AssertThrows(new() { FewShot = -1 }, "FewShot is -1");
        AssertThrows(new() { MaxTokens = 1 }, "MaxTokens is 1");
        AssertThrows(new() { BatchSize = 0 }, "BatchSize is 0");
        AssertThrows(new() { MaxBatchTokens = 0 }, "MaxBatchTokens is 0");
        AssertThrows(new() { FewShot = 4 }, "has 3 examples beside the item itself, and 4 are asked for");
        Assert.Contains("no task", Assert.Throws<ArgumentException>(() => LanguageModelEvaluation.Run(_model, [])).Message, StringComparison.Ordinal);
        BenchmarkTask none = new(Template, task.Items);
        Assert.Contains("has 0 examples", Assert.Throws<ArgumentException>(() => Run(none, new() { FewShot = 1 })).Message, StringComparison.Ordinal);

        void AssertThrows(EvaluationOptions options, string words) =>
            Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(() => Run(task, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ProgressAndCancellation_ReachTheCaller()
    {
        BenchmarkTask task = Quiz(20);
        var seen = new List<EvaluationProgress>();
        Run(task, new() { BatchSize = 4, Progress = new Immediate(seen.Add) });
        Assert.True(seen.Count > 3);
        Assert.Equal(60, seen[^1].Done);
        Assert.All(seen, progress => Assert.Equal(("quiz", 0, 1, (int?)60), (progress.Task, progress.TaskIndex, progress.TaskCount, progress.Total)));
        Assert.Equal(seen.Select(progress => progress.Done).Order(), seen.Select(progress => progress.Done));

        using var source = new CancellationTokenSource();
        int passes = 0;
        Assert.Throws<OperationCanceledException>(() => Run(task, new()
        {
            BatchSize = 4,
            CancellationToken = source.Token,
            Progress = new Immediate(_ =>
            {
                passes++;
                source.Cancel();
            }),
        }));
        Assert.Equal(1, passes);
    }

    [Fact]
    public void Run_TrainingModel_IsPutBack()
    {
        _model.Backbone.train();
        Run(Quiz(3));
        Assert.True(_model.Backbone.training);
    }

    private EvaluationResult Run(BenchmarkTask task, EvaluationOptions? options = null) => LanguageModelEvaluation.Run(_model, [task], options);

    /// <summary>Questions with three choices of one to three words.</summary>
    private BenchmarkTask Quiz(int items, BenchmarkTemplate? template = null)
    {
        var random = new Random(8);
        string Phrase() => string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Words[random.Next(Words.Length)]));
        return _files.Load(template ?? (Template with { FewShotData = "quiz.jsonl" }), [.. Enumerable.Range(0, items).Select(i => TaskFiles.Line($"{Phrase()} {i}", i % 3, Phrase() + " a", Phrase() + " b", Phrase() + " c"))]);
    }

    private sealed class Immediate(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
