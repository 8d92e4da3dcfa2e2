using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Evaluation;

/// <summary>Scores on real data equal a naive recomputation, one choice at a time.</summary>
[Trait("Category", "Reference")]
public sealed class BenchmarkOracleTests
{
    private const int Rows = 8;

    public static TheoryData<string> Tasks() => [.. BenchmarkTask.BuiltInNames];

    [SkippableTheory]
    [MemberData(nameof(Tasks))]
    public void Run_ZeroShot_EqualsChoiceByChoice(string name)
    {
        using var model = TinyLlama.Create();
        BenchmarkTemplate template = BenchmarkTemplate.BuiltIn(name);
        JsonNode[] rows = FirstRows(SharedFixtures.Path("data", "benchmarks"), template);
        BenchmarkTask all = BenchmarkTask.FromTemplate(template with { Preamble = string.Empty, FewShotData = null, FewShot = 0, FewShotSameField = null }, SharedFixtures.Path("data", "benchmarks"));
        BenchmarkResult result = LanguageModelEvaluation.Run(model, [new BenchmarkTask(all.Template, [.. all.Items.Take(Rows)])], new EvaluationOptions { BatchSize = 5 }).Tasks[0];

        (double LogLikelihood, bool IsGreedy)[][] scores = [.. rows.Select(row => NaiveBenchmarks.Choices(name, row).Select(pair => NaiveLikelihood.Of(model, pair.Context, pair.Continuation)).ToArray())];
        foreach (BenchmarkScore score in result.Scores)
        {
            double[] values = [.. rows.Select((row, i) => Value(score.Metric, name, row, scores[i]))];
            double mean = values.Average();
            double error = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (Rows - 1)) / Math.Sqrt(Rows);
            bool exp = score.Metric == BenchmarkMetric.Perplexity;
            AssertClose(exp ? Math.Exp(mean) : mean, score.Value);
            if (exp)
            {
                // Of these losses exp is so skewed that two bootstraps differ; ItemScoringTests knows the value of one.
                Assert.True(score.StandardError > 0);
                continue;
            }

            AssertClose(error, score.StandardError);
        }
    }

    [SkippableFact]
    public void Run_MmluFiveShot_PutsTheSubjectsExamplesFirst()
    {
        using var model = TinyLlama.Create();
        string data = SharedFixtures.Path("data", "benchmarks");
        BenchmarkTask task = BenchmarkTask.BuiltIn("mmlu", data);
        BenchmarkTask few = new(task.Template, [.. task.Items.Take(4)], task.Examples);
        JsonNode[] examples = [.. File.ReadLines(Path.Combine(data, "mmlu", "fewshot_dev.jsonl")).Select(line => JsonNode.Parse(line)!)];
        double right = 0;
        foreach (JsonNode row in FirstRows(data, task.Template).Take(4))
        {
            string subject = $"{row["subject"]}";
            var prompt = new StringBuilder($"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n");
            foreach (JsonNode example in examples.Where(example => $"{example["subject"]}" == subject).Take(5))
            {
                (string context, string answer) = NaiveBenchmarks.Choices("mmlu", example)[(int)example["gold"]!];
                prompt.Append(context).Append(answer).Append("\n\n");
            }

            double[] values = [.. NaiveBenchmarks.Choices("mmlu", row).Select(pair => NaiveLikelihood.Of(model, prompt + pair.Context, pair.Continuation).LogLikelihood)];
            right += Array.IndexOf(values, values.Max()) == (int)row["gold"]! ? 1 : 0;
        }

        BenchmarkResult result = LanguageModelEvaluation.Run(model, [few]).Tasks[0];

        Assert.Equal(right / 4, result.Main.Value, 1e-12);
        Assert.Equal(5, result.FewShot);
        Assert.True(result.TruncatedPrompts > 0, "The model reads 512 tokens, less than five examples.");
    }

    [SkippableFact]
    public void BuiltIn_AllTasks_ReadEveryLineOfTheirFiles()
    {
        string data = SharedFixtures.Path("data", "benchmarks");
        foreach (string name in BenchmarkTask.BuiltInNames)
        {
            BenchmarkTask task = BenchmarkTask.BuiltIn(name, data);
            Assert.Equal(name, task.Name);
            Assert.Equal(FileRows(data, task.Template).Count(), task.Items.Count);
            Assert.True(task.Template.FewShot == 0 || task.Examples.Count >= 5);
        }
    }

    private static double Value(BenchmarkMetric metric, string task, JsonNode row, (double LogLikelihood, bool IsGreedy)[] scores)
    {
        switch (metric)
        {
            case BenchmarkMetric.GreedyAccuracy:
                return scores[0].IsGreedy ? 1 : 0;
            case BenchmarkMetric.Perplexity:
                return -scores[0].LogLikelihood;
            case BenchmarkMetric.TrueShare:
                int[] labels = [.. row["mc2"]!["labels"]!.AsArray().Select(label => (int)label!)];
                return scores.Zip(labels, (score, label) => Math.Exp(score.LogLikelihood) * label).Sum() / scores.Sum(score => Math.Exp(score.LogLikelihood));
            default:
                double[] values = [.. scores.Select((score, i) => score.LogLikelihood / (metric == BenchmarkMetric.Accuracy ? 1 : Encoding.UTF32.GetByteCount(NaiveBenchmarks.ChoiceTexts(task, row)[i]) / 4))];
                return Array.IndexOf(values, values.Max()) == (task == "truthfulqa_mc1" ? 0 : (int)row["gold"]!) ? 1 : 0;
        }
    }

    private static IEnumerable<JsonNode> FileRows(string data, BenchmarkTemplate template) =>
        File.ReadLines(Path.Combine(data, template.Data)).Select(line => JsonNode.Parse(line)!).Where(row => template.Name != "anli_r2" || (int)row["round"]! == 2);

    private static JsonNode[] FirstRows(string data, BenchmarkTemplate template) => [.. FileRows(data, template).Take(Rows)];

    private static void AssertClose(double expected, double actual) => Assert.True(Math.Abs(expected - actual) <= 1e-4 * Math.Max(1, Math.Abs(expected)), $"expected {expected}, got {actual}");
}
