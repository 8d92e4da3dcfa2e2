namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class ItemScoringTests
{
    [Fact]
    public void Value_Accuracy_IsWhetherTheTrueChoiceIsBest()
    {
        Assert.Equal(1, Value(BenchmarkMetric.Accuracy, ("a", -1, true), ("b", -2, false)));
        Assert.Equal(0, Value(BenchmarkMetric.Accuracy, ("a", -3, true), ("b", -2, false)));
    }

    [Fact]
    public void Value_Ties_AreSharedWhateverTheOrder()
    {
        Assert.Equal(0.5, Value(BenchmarkMetric.Accuracy, ("a", -1, true), ("b", -1, false), ("c", -2, false)));
        Assert.Equal(0.5, Value(BenchmarkMetric.Accuracy, ("b", -1, false), ("c", -2, false), ("a", -1, true)));
        Assert.Equal(0, Value(BenchmarkMetric.Accuracy, ("b", -1, false), ("c", -1, false), ("a", -2, true)));
    }

    [Fact]
    public void Value_TiesToTheFirst_AreAsTheHarnessTakesThem()
    {
        BenchmarkItem item = Item(("a", -1, false), ("b", -1, true), ("c", -2, false));
        SequenceScore[] scores = [new(-1, false), new(-1, false), new(-2, false)];
        Assert.Equal(0, ItemScoring.Value(BenchmarkMetric.Accuracy, item, scores, TieRule.First));
        Assert.Equal(0.5, ItemScoring.Value(BenchmarkMetric.Accuracy, item, scores));
        Assert.Equal(1, ItemScoring.Value(BenchmarkMetric.NormalizedAccuracy, Item(("a", -1, true), ("b", -1, false), ("c", -2, false)), scores, TieRule.First));
    }

    [Fact]
    public void Value_Normalised_DividesByCharactersOrBytes()
    {
        // -6 / 2 = -3 beats -4 / 1; in bytes ä is 2, so -6 / 3 = -2 and -4 / 1.
        Assert.Equal(0, Value(BenchmarkMetric.Accuracy, ("äb", -6, true), ("c", -4, false)));
        Assert.Equal(1, Value(BenchmarkMetric.NormalizedAccuracy, ("äb", -6, true), ("c", -4, false)));

        // One emoji is one character of two UTF-16 units and four bytes: -5 / 1 against -4 / 1, and -5 / 4 against -4 / 1.
        Assert.Equal(0, Value(BenchmarkMetric.NormalizedAccuracy, ("😀", -5, true), ("c", -4, false)));
        Assert.Equal(1, Value(BenchmarkMetric.ByteNormalizedAccuracy, ("😀", -5, true), ("c", -4, false)));
    }

    [Fact]
    public void Value_TrueShare_IsTheTruePartOfTheLikelihood()
    {
        double share = Value(BenchmarkMetric.TrueShare, ("a", Math.Log(0.2), true), ("b", Math.Log(0.1), false), ("c", Math.Log(0.1), true));
        Assert.Equal(0.75, share, 1e-12);
        Assert.Equal(0.5, Value(BenchmarkMetric.TrueShare, ("a", -2000, true), ("b", -2000, false)), 1e-12);
    }

    [Fact]
    public void Score_MeanAndStandardError_AreThoseOfTheItems()
    {
        BenchmarkItem item = Item(("a", -1, true), ("b", -2, false));
        SequenceScore[] right = [new(-1, true), new(-2, false)];
        SequenceScore[] wrong = [new(-3, false), new(-2, false)];
        BenchmarkScore accuracy = ItemScoring.Score(BenchmarkMetric.Accuracy, [item, item, item, item], [right, wrong, right, right]);
        Assert.Equal(0.75, accuracy.Value);
        Assert.Equal(Math.Sqrt(0.75 * 0.25 * 4 / 3 / 4), accuracy.StandardError, 1e-12);

        BenchmarkScore perplexity = ItemScoring.Score(BenchmarkMetric.Perplexity, [item, item], [right, wrong]);
        Assert.Equal(Math.Exp(2), perplexity.Value, 1e-12);

        // Two items with losses 1 and 3: a drawn pair has the mean 1, 2 or 3, at 1 : 2 : 1.
        double mean = (Math.Exp(1) + (2 * Math.Exp(2)) + Math.Exp(3)) / 4;
        double variance = (Math.Pow(Math.Exp(1) - mean, 2) + (2 * Math.Pow(Math.Exp(2) - mean, 2)) + Math.Pow(Math.Exp(3) - mean, 2)) / 4;
        Assert.Equal(1, perplexity.StandardError / Math.Sqrt(variance), 0.03);
        Assert.Equal(0.5, ItemScoring.Score(BenchmarkMetric.GreedyAccuracy, [item, item], [right, wrong]).Value);
        Assert.True(double.IsNaN(ItemScoring.Score(BenchmarkMetric.Accuracy, [item], [right]).StandardError));
    }

    private static double Value(BenchmarkMetric metric, params (string Text, double LogLikelihood, bool IsTrue)[] choices) =>
        ItemScoring.Value(metric, Item(choices), [.. choices.Select(choice => new SequenceScore(choice.LogLikelihood, false))]);

    private static BenchmarkItem Item(params (string Text, double LogLikelihood, bool IsTrue)[] choices) =>
        new() { Id = "item", Choices = [.. choices.Select(choice => new BenchmarkChoice { Context = "Q:", Continuation = " " + choice.Text, Text = choice.Text, IsTrue = choice.IsTrue })] };
}
