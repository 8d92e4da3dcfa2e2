namespace MLNet.Dispersion.Tests.Lexical;

public sealed class LexicalClassifierTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? $"apples and pears {i}" : $"bolts and screws {i}")];
    private static readonly int[] Labels = [.. Enumerable.Range(0, 32).Select(i => i % 2)];

    [Theory]
    [InlineData(1)]
    [InlineData(0.03f)]
    public void Score_TextsNotLearntFrom_KnowsTheirWords(float strength)
    {
        LexicalClassifier classifier = LexicalClassifier.Fit(Texts, Labels, null, 2, strength);

        float[] scores = classifier.Score(["pears 99", "screws 98"]);

        Assert.True(scores[0] > 0.6 && scores[3] > 0.6, string.Join(" ", scores));
        Assert.Equal(1, scores[0] + scores[1], 1e-5);
    }

    [Fact]
    public void Score_AClassThatNoTextHas_IsImprobable()
    {
        float[] scores = LexicalClassifier.Fit(Texts, [.. Labels.Select(label => 2 * label)], null, 3, 0.1f).Score(["pears", "screws"]);

        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        Assert.True(scores[1] < scores[0] && scores[4] < scores[5], string.Join(" ", scores));
    }

    [Fact]
    public void Fit_RowsOfNoWeight_TakeNoPart()
    {
        float[] weights = [.. Labels.Select((_, row) => row < 16 ? 1f : 0)];
        int[] turned = [.. Labels.Select((label, row) => row < 16 ? label : 1 - label)];

        float[] scores = LexicalClassifier.Fit(Texts, turned, weights, 2, 0.03f).Score(["pears"]);

        Assert.True(scores[0] > 0.6, string.Join(" ", scores));
    }
}
