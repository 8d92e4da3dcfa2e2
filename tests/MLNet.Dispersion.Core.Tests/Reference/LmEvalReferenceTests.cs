using System.Text.Json;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Prompts, requests and scores beside those of the lm-evaluation-harness.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class LmEvalReferenceTests : ReferenceTests
{
    private const string Key = "lm-eval";

    // What the README asks for: 1e-3 for the library's own model, 2e-3 for larger ones; choices nearer to one another than 4e-3 may be taken for the other.
    private const double OwnTolerance = 1e-3;
    private const double LargeTolerance = 2e-3;
    private const double NearTie = 4e-3;
    private const double ShareTolerance = 1e-3;
    private const double PerplexityTolerance = 1e-5;
    private const double BootstrapTolerance = 0.2;
    private const double Exact = 1e-9;

    [SkippableFact]
    public void Prompts_ByProtocol_AreTheHarness() => Check(Key, folder =>
    {
        foreach (Run run in Runs(folder.FullPath, _ => true))
        {
            foreach (IGrouping<string, Request> items in run.Requests.GroupBy(request => request.Task))
            {
                folder.Case($"{run.Name}/{items.Key} prompts", () =>
                {
                    Request[] expected = [.. items];
                    BenchmarkTask task = Load(run, items.Key, run.Shots(items.Key));
                    string[] ids = [.. expected.Select(item => item.Id)];
                    string[] all = [.. task.Items.Select(item => item.Id)];
                    bool drawn = task.Template.FewShotDraw == FewShotDraw.Harness && task.Template.FewShot > 0;
                    Skip.IfNot(drawn ? all.Take(ids.Length).SequenceEqual(ids) : ids.All(all.Contains), $"The data at hand are not those of {run.Name}/{items.Key}.");
                    var prompts = new PromptBuilder(task, new EvaluationOptions());
                    foreach (Request item in expected)
                    {
                        int index = Array.IndexOf(all, item.Id);
                        string before = prompts.Before(index);
                        Assert.Equal(item.Contexts, task.Items[index].Choices.Select(choice => before + choice.Context));
                        Assert.Equal(item.Continuations, task.Items[index].Choices.Select(choice => choice.Continuation));
                    }
                });
            }
        }
    });

    /// <summary>The tasks of the runs of other models, each a test of its own, so that they can be run in parts: --filter "DisplayName~few_shot".</summary>
    public static TheoryData<string> TasksOfOtherModels()
    {
        string[] tasks = SharedFixtures.Has("fixtures", Key) ? [.. Runs(SharedFixtures.Path("fixtures", Key), IsOther).SelectMany(run => run.Tasks)] : [];
        return [.. tasks.DefaultIfEmpty("none")];
    }

    [SkippableFact]
    public void Requests_OfTheOwnModel_ScoreAsTheHarness() => Score(RealModels.IsOwn, OwnTolerance, _ => true);

    [SkippableTheory]
    [MemberData(nameof(TasksOfOtherModels))]
    [Trait("Category", "Long")]
    public void Requests_OfOtherModels_ScoreAsTheHarness(string task) => Score(IsOther, LargeTolerance, name => name == task);

    [SkippableFact]
    public void Pages_Rolled_AreTheHarness() => Check(Key, folder =>
    {
        foreach (string file in Directory.EnumerateFiles(folder.FullPath, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            JsonElement pages = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file));
            if (pages.TryGetProperty("pages", out JsonElement list))
            {
                string name = Path.GetRelativePath(folder.FullPath, file);
                folder.Case(name, () => Pages(Path.GetDirectoryName(name)!, pages, [.. list.EnumerateArray()]));
            }
        }
    });

    private static void Pages(string modelName, JsonElement file, JsonElement[] pages)
    {
        CountedText[] counted = [.. pages.Select(page => WikiText.Count(page.GetProperty("page").GetString()!))];
        Assert.Equal(pages.Select(page => page.GetProperty("detokenized").GetString()), counted.Select(text => text.Text));
        Assert.Equal(pages.Select(page => page.GetProperty("words").GetInt32()), counted.Select(text => text.Words));
        Assert.Equal(pages.Select(page => page.GetProperty("bytes").GetInt32()), counted.Select(text => text.Bytes));
        using var model = PretrainedLanguageModel.Load(RealModels.Source(modelName));
        var options = new WordPerplexityOptions { WindowTokens = file.GetProperty("max_length").GetInt32() };
        foreach (var (page, text) in pages.Zip(counted))
        {
            WordPerplexityResult one = WordPerplexity.Measure(model, [text], options);
            Assert.Equal(page.GetProperty("tokens").GetInt64(), one.Tokens);
            Assert.Equal(page.GetProperty("loglikelihood").GetDouble(), one.LogLikelihood, OwnTolerance * page.GetProperty("windows").GetArrayLength());
        }

        WordPerplexityResult all = WordPerplexity.Measure(model, counted, options);
        JsonElement results = file.GetProperty("results");
        Near(results.GetProperty("word_perplexity").GetDouble(), all.WordPerplexity, PerplexityTolerance);
        Near(results.GetProperty("bits_per_byte").GetDouble(), all.BitsPerByte, PerplexityTolerance);
        Near(results.GetProperty("byte_perplexity").GetDouble(), Math.Pow(2, all.BitsPerByte), PerplexityTolerance);
    }

    private static bool IsOther(string model) => !RealModels.IsOwn(model);

    private static void Score(Func<string, bool> ofModel, double tolerance, Func<string, bool> ofTask) => Check(Key, folder =>
    {
        foreach (IGrouping<string, Run> runs in Runs(folder.FullPath, ofModel).GroupBy(run => run.Model))
        {
            using var model = new Loaded(new(() => PretrainedLanguageModel.Load(RealModels.Source(runs.Key))));
            foreach (Run run in runs)
            {
                foreach (IGrouping<string, Request> items in run.Requests.GroupBy(request => request.Task).Where(task => ofTask($"{run.Name}/{task.Key}")))
                {
                    Task(folder, run, items.Key, [.. items], model, tolerance);
                }
            }
        }
    });

    /// <summary>Scores a task's requests as they stand in the file, and compares each, then the task's scores.</summary>
    private static void Task(ReferenceFolder folder, Run run, string task, Request[] requests, Loaded model, double tolerance)
    {
        BenchmarkItem[] items = [];
        Answers answers = new();
        BenchmarkResult? result = null;
        BenchmarkTemplate template = Protocol.Harness.Adapt(BenchmarkTemplate.BuiltIn(task)) with { FewShotData = null, FewShot = 0, FewShotSameField = null };
        folder.Case($"{run.Name}/{task} run", () =>
        {
            IReadOnlyDictionary<string, BenchmarkItem> data = Data(run, task);
            items = [.. requests.Select(request => request.ToItem(data.GetValueOrDefault(request.Id)))];
            result = LanguageModelEvaluation.Run(model.Model, [new BenchmarkTask(template, items)], Protocol.Harness.Over(new EvaluationOptions { MaxTokens = run.MaxLength + 1, Answers = answers })).Tasks[0];
            Assert.Equal(requests.Sum(request => request.Continuations.Length), answers.All.Count);
        });
        if (result is null)
        {
            return;
        }

        int ties = 0;
        foreach (var (request, item) in requests.Zip(items))
        {
            BenchmarkAnswer[] own = [.. answers.All.Where(answer => answer.Item == item.Id)];
            folder.Case($"{run.Name}/{task}/{request.Id}", () =>
            {
                Assert.Equal(request.ContextTokens, own.Select(answer => answer.ContextTokens));
                Assert.Equal(request.ContinuationTokens, own.Select(answer => answer.ContinuationTokens));
                Assert.Equal(request.CutTokens, own.Select(answer => answer.CutTokens));
                Assert.All(request.LogLikelihoods.Zip(own), pair => Assert.Equal(pair.First, pair.Second.LogLikelihood, tolerance));
                Assert.Equal(request.IsGreedy, own.Select(answer => answer.IsGreedy));
                SequenceScore[] scores = [.. own.Select(answer => new SequenceScore(answer.LogLikelihood, answer.IsGreedy))];
                foreach (BenchmarkMetric metric in template.Metrics.Where(metric => request.Values.ContainsKey(metric.HarnessName())))
                {
                    double expected = request.Values[metric.HarnessName()];
                    double value = ItemScoring.Value(metric, item, scores, TieRule.First);
                    bool near = metric is BenchmarkMetric.Accuracy or BenchmarkMetric.NormalizedAccuracy && IsNearTie(request, item, metric);
                    ties += near ? 1 : 0;
                    double allowed = near ? 1 : metric == BenchmarkMetric.Perplexity ? tolerance : metric == BenchmarkMetric.TrueShare ? ShareTolerance : Exact;
                    Assert.Equal(metric == BenchmarkMetric.Perplexity ? -expected : expected, value, allowed);
                }
            });
        }

        folder.Case($"{run.Name}/{task} scores", () => Scores(run.Scores(task), result, ties));
    }

    private static void Scores(JsonElement expected, BenchmarkResult result, int ties)
    {
        Assert.Equal(expected.GetProperty("sample_len").GetInt32(), result.Items);
        foreach (JsonProperty metric in expected.EnumerateObject().Where(property => property.Name != "sample_len" && !property.Name.EndsWith("_stderr", StringComparison.Ordinal)))
        {
            BenchmarkScore score = result.Score(metric.Name);
            JsonElement error = expected.GetProperty(metric.Name + "_stderr");
            if (score.Metric == BenchmarkMetric.Perplexity)
            {
                Near(metric.Value.GetDouble(), score.Value, PerplexityTolerance);
                Near(error.GetDouble(), score.StandardError, BootstrapTolerance);
                continue;
            }

            double allowed = score.Metric == BenchmarkMetric.TrueShare ? ShareTolerance : Exact;
            Assert.Equal(metric.Value.GetDouble(), score.Value, ((double)ties / result.Items) + allowed);
            if (Math.Abs(metric.Value.GetDouble() - score.Value) <= allowed)
            {
                Assert.Equal(error.GetDouble(), score.StandardError, allowed);
            }
        }
    }

    private static bool IsNearTie(Request request, BenchmarkItem item, BenchmarkMetric metric)
    {
        double[] best = [.. request.LogLikelihoods.Select((value, i) => value / (metric == BenchmarkMetric.Accuracy ? 1 : item.Choices[i].Text.EnumerateRunes().Count())).OrderDescending().Take(2)];
        return best.Length == 2 && best[0] - best[1] < NearTie;
    }

    private static void Near(double expected, double actual, double relative) => Assert.Equal(1, actual / expected, relative);

    private static IEnumerable<Run> Runs(string folder, Func<string, bool> ofModel) =>
        from path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        where ofModel(Path.GetFileName(path))
        from file in Directory.EnumerateFiles(path, "*.jsonl").Order(StringComparer.Ordinal)
        select new Run(Path.GetFileName(path), file);

    private static BenchmarkTask Load(Run run, string task, int shots) => BenchmarkTask.FromTemplate(
        (Protocol.Harness with { FewShot = shots, FewShotDraw = run.Draw }).Adapt(BenchmarkTemplate.BuiltIn(task)),
        SharedFixtures.Path("data", "benchmarks"));

    /// <summary>The task's items by name, for what the requests do not say; none where the data are absent.</summary>
    private static IReadOnlyDictionary<string, BenchmarkItem> Data(Run run, string task) =>
        Directory.Exists(Path.Combine(SharedFixtures.Root, "data", "benchmarks")) ? Load(run, task, 0).Items.GroupBy(item => item.Id).ToDictionary(group => group.Key, group => group.First()) : new Dictionary<string, BenchmarkItem>();

    /// <summary>A model that is loaded when it is first needed.</summary>
    private sealed class Loaded(Lazy<PretrainedLanguageModel> model) : IDisposable
    {
        public PretrainedLanguageModel Model => model.Value;

        public void Dispose()
        {
            if (model.IsValueCreated)
            {
                model.Value.Dispose();
            }
        }
    }

    private sealed class Answers : IProgress<BenchmarkAnswer>
    {
        public List<BenchmarkAnswer> All { get; } = [];

        public void Report(BenchmarkAnswer value) => All.Add(value);
    }

    /// <summary>A file of requests and the file of their scores.</summary>
    private sealed class Run(string model, string file)
    {
        private readonly JsonElement _scores = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.ChangeExtension(file, null) + "_scores.json"));

        public string Model => model;

        public string Name => $"{model}/{Path.GetFileNameWithoutExtension(file)}";

        public int MaxLength => _scores.GetProperty("max_length").GetInt32();

        /// <summary>Few-shot files say how their examples were chosen.</summary>
        public FewShotDraw Draw => _scores.GetProperty("few_shot").GetString()!.Contains("first", StringComparison.Ordinal) ? FewShotDraw.First : FewShotDraw.Harness;

        public Request[] Requests { get; } = [.. File.ReadLines(file).Where(line => line.Length > 0).Select(line => new Request(JsonSerializer.Deserialize<JsonElement>(line)))];

        /// <summary>Its tasks, each behind the run's name.</summary>
        public IEnumerable<string> Tasks => Requests.Select(request => $"{Name}/{request.Task}").Distinct();

        public int Shots(string task) => _scores.GetProperty("tasks").GetProperty(task).GetProperty("few_shot").GetInt32();

        public JsonElement Scores(string task)
        {
            JsonElement scores = _scores.GetProperty("tasks").GetProperty(task);
            return scores.TryGetProperty("harness", out JsonElement whole) ? whole : WithCount(scores);
        }

        /// <summary>Tasks that the harness scores by subject have their figures over all items apart from the number of items.</summary>
        private static JsonElement WithCount(JsonElement scores)
        {
            var all = scores.GetProperty("over_all_items").EnumerateObject().ToDictionary(property => property.Name, property => property.Value);
            all["sample_len"] = scores.GetProperty("items");
            return JsonSerializer.SerializeToElement(all);
        }
    }

    /// <summary>An item's requests with the harness's answers.</summary>
    private sealed class Request(JsonElement json)
    {
        private static readonly string[] Metrics = ["acc", "acc_norm", "perplexity"];

        public string Task { get; } = json.GetProperty("task").GetString()!;

        public string Id { get; } = json.GetProperty("id").ToString();

        public string[] Continuations { get; } = [.. json.GetProperty("continuations").EnumerateArray().Select(text => text.GetString()!)];

        public string[] Contexts { get; } = json.TryGetProperty("contexts", out JsonElement contexts)
            ? [.. contexts.EnumerateArray().Select(text => text.GetString()!)]
            : [.. json.GetProperty("continuations").EnumerateArray().Select(_ => json.GetProperty("context").GetString()!)];

        public double[] LogLikelihoods { get; } = json.Numbers("loglikelihood");

        public bool[] IsGreedy { get; } = json.GetProperty("is_greedy").Deserialize<bool[]>()!;

        public int[] ContextTokens { get; } = json.GetProperty("context_tokens").Deserialize<int[]>()!;

        public int[] ContinuationTokens { get; } = json.GetProperty("continuation_tokens").Deserialize<int[]>()!;

        public int[] CutTokens { get; } = json.TryGetProperty("tokens_cut_on_the_left", out JsonElement cut) ? cut.Deserialize<int[]>()! : new int[json.GetProperty("continuations").GetArrayLength()];

        public IReadOnlyDictionary<string, double> Values { get; } = Metrics.Where(name => json.TryGetProperty(name, out _)).ToDictionary(name => name, name => json.Number(name));

        /// <summary>The requests as an item; which choices are true by the data, else by the harness's target, else by what it counted.</summary>
        public BenchmarkItem ToItem(BenchmarkItem? data) => new()
        {
            Id = Id,
            Choices = [.. Continuations.Select((continuation, i) => new BenchmarkChoice { Context = Contexts[i], Continuation = continuation, Text = continuation.TrimStart(), IsTrue = data?.Choices[i].IsTrue ?? i == Target() })],
        };

        private int Target()
        {
            JsonElement target = json.GetProperty("target");
            if (target.ValueKind == JsonValueKind.Number)
            {
                return target.GetInt32();
            }

            int[] named = [.. Continuations.Index().Where(continuation => continuation.Item.Trim() == target.GetString()!.Trim()).Select(continuation => continuation.Index)];
            int best = Array.IndexOf(LogLikelihoods, LogLikelihoods.Max());
            return named.Length == 1 ? named[0] : Values["acc"] > 0 ? best : named.First(index => index != best);
        }
    }
}
