using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.SyntheticTasks;

/// <summary>A message about none, some or all of five matters, with the matters that it is said to be about, of which one in twenty is wrong.</summary>
internal sealed class TopicsRow
{
    public string Text { get; set; } = "";

    [VectorType(MultiLabelTask.Topics)]
    public bool[] Label { get; set; } = [];

    /// <summary>What it is about.</summary>
    [NoColumn]
    public bool[] Truth { get; set; } = [];
}

/// <summary>Which matters messages are about.</summary>
internal sealed class MultiLabelTask : SyntheticTask<TopicsRow>
{
    internal const int Topics = 5;
    private const double Share = 0.35;
    private const double Wrong = 0.05;

    private static readonly string[][] Sayings =
    [
        ["the invoice is twice what we agreed", "please refund what you charged", "my card was debited again", "the price on the bill is wrong", "we were billed for the wrong month"],
        ["the parcel has not arrived", "the courier left it in the rain", "tracking says it is still in the depot", "it was delivered to the wrong street", "the shipment is a week late"],
        ["the app crashes at the start", "the screen freezes when I log in", "it shows an error after the update", "the page does not load any more", "the program stops without a word"],
        ["I forgot my password", "my account is locked", "the code for signing in never comes", "someone else uses my login", "I cannot change my user name"],
        ["your colleague was rude to me", "nobody answers the telephone", "I waited an hour in the queue", "the agent hung up on me", "your team has not called back"],
    ];

    private static readonly string[] Fillers = ["hello there", "I write for the second time", "I hope you are well", "thanks in advance", "this is about my order of last week", "kind regards", "I am in a hurry"];

    public override string Name => "multi-label";

    public override string Figure => "micro F1";

    public override string BaselineName => "all labels always";

    public override double Baseline(int rows, int testRows, int seed) => F1(testRows, row => [.. row.Label.Select(_ => true)]);

    public override double Ceiling(int testRows) => F1(testRows, row => row.Truth);

    public override double FineTune(ModelSource backbone, FineTuneOptions options, int rows, int testRows, int seed)
    {
        var ml = new MLContext(seed);
        using var model = ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion(backbone: backbone, options: options).Fit(ml.Data.LoadFromEnumerable(Rows(rows, seed)));
        return ml.EvaluateMultiLabel(model.Transform(ml.Data.LoadFromEnumerable(Test(testRows)))).Micro.F1;
    }

    protected override TopicsRow[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            bool[] truth = [.. Enumerable.Range(0, Topics).Select(_ => random.NextDouble() < Share)];
            string[] parts = [.. truth.Index().Where(topic => topic.Item).Select(topic => Pick(random, Sayings[topic.Index])), Pick(random, Fillers), Pick(random, Fillers)];
            random.Shuffle(parts);
            return new TopicsRow { Text = string.Join(", ", parts) + ".", Truth = truth, Label = [.. truth.Select(has => has ^ (random.NextDouble() < Wrong))] };
        })];
    }

    private double F1(int testRows, Func<TopicsRow, bool[]> predict)
    {
        TopicsRow[] test = Test(testRows);
        return Statistics.MultiLabelMetrics.Of([.. test.Select(row => row.Label)], [.. test.Select(predict)]).Micro.F1;
    }
}
