using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>Each loss against loops over numbers.</summary>
public sealed class RankingLossesTests
{
    private static readonly float[] Scores = [0.3f, -1.2f, 2.1f, 0.8f, 0.1f];
    private static readonly float[] Relevance = [2, 0, 1, 3, 0];

    [Fact]
    public void ListNet_IsTheCrossEntropyOfSoftmaxes()
    {
        using var scope = NewDisposeScope();
        double scores = Math.Log(Scores.Sum(score => Math.Exp(score))), relevance = Relevance.Sum(value => Math.Exp(value));

        Assert.Equal(Relevance.Zip(Scores, (value, score) => Math.Exp(value) / relevance * (scores - score)).Sum(), RankingLosses.ListNet(tensor(Scores), tensor(Relevance)).item<float>(), 1e-5);
    }

    [Fact]
    public void RankNet_IsTheMeanOverPairs()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(Pairs().Average(pair => Loss(pair)), RankingLosses.RankNet(tensor(Scores), tensor(Relevance)).item<float>(), 1e-5);
        Assert.Equal(0, RankingLosses.RankNet(tensor(Scores), ones(5)).item<float>());
    }

    [Fact]
    public void LambdaRank_WeighsPairsByWhatTheirSwapChanges()
    {
        using var scope = NewDisposeScope();
        double[] relevance = [.. Relevance.Select(value => (double)value)];
        double Swapped((int I, int J) pair)
        {
            double[] scores = [.. Scores.Select(score => (double)score)];
            double before = RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Exponential);
            (scores[pair.I], scores[pair.J]) = (scores[pair.J], scores[pair.I]);
            return Math.Abs(before - RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Exponential));
        }

        Assert.Equal(Pairs().Sum(pair => Swapped(pair) * Loss(pair)), RankingLosses.LambdaRank(tensor(Scores), tensor(Relevance)).item<float>(), 1e-5);
        Assert.Equal(0, RankingLosses.LambdaRank(tensor(Scores), zeros(5)).item<float>());
    }

    [Theory]
    [InlineData(RankingLoss.ListNet)]
    [InlineData(RankingLoss.RankNet)]
    [InlineData(RankingLoss.LambdaRank)]
    public void Backward_RaisesTheMostRelevant(RankingLoss loss)
    {
        using var scope = NewDisposeScope();
        Tensor scores = tensor(new float[] { 0, 0.1f, 0.2f }, requires_grad: true), relevance = tensor(new float[] { 2, 1, 0 });

        (loss == RankingLoss.ListNet ? RankingLosses.ListNet(scores, relevance) : loss == RankingLoss.RankNet ? RankingLosses.RankNet(scores, relevance) : RankingLosses.LambdaRank(scores, relevance)).backward();

        float[] gradient = scores.grad!.data<float>().ToArray();
        Assert.True(gradient[0] < 0 && gradient[2] > 0 && gradient[0] < gradient[1] && gradient[1] < gradient[2], string.Join(' ', gradient));
    }

    private static IEnumerable<(int I, int J)> Pairs() =>
        from i in Enumerable.Range(0, 5) from j in Enumerable.Range(0, 5) where Relevance[i] > Relevance[j] select (i, j);

    private static double Loss((int I, int J) pair) => Math.Log(1 + Math.Exp(Scores[pair.J] - Scores[pair.I]));
}
