using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>What the reference's runs do not cover: negatives of every direction, edges of margins, weights as repetitions, bad input. Each against loops over numbers.</summary>
public sealed class EmbeddingLossesTests
{
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(NegativeDirections.FirstToSecond, false)]
    [InlineData(NegativeDirections.SecondToFirst, false)]
    [InlineData(NegativeDirections.FirstToSecond | NegativeDirections.SecondToFirst, false)]
    [InlineData(NegativeDirections.FirstToSecond | NegativeDirections.FirstToFirst, true)]
    [InlineData(NegativeDirections.SecondToFirst | NegativeDirections.SecondToSecond, true)]
    public void MultipleNegatives_WithHardOnes_IsTheCrossEntropy(NegativeDirections directions, bool joint)
    {
        using var scope = NewDisposeScope();
        float[][] a = Vectors(4, 1), p = Vectors(4, 2), n = Vectors(4, 3);
        float[] found = Values(EmbeddingLosses.MultipleNegatives(Of(a), [Of(p), Of(n)], scale: 3, directions: directions, joint: joint));

        for (int row = 0; row < 4; row++)
        {
            var sums = new List<double>();
            if (directions.HasFlag(NegativeDirections.FirstToSecond))
            {
                sums.Add(p.Concat(n).Sum(other => Exp(a[row], other)));
            }

            if (directions.HasFlag(NegativeDirections.SecondToFirst))
            {
                sums.Add(a.Sum(other => Exp(p[row], other)));
            }

            if (directions.HasFlag(NegativeDirections.FirstToFirst))
            {
                sums.Add(a.Where((_, other) => other != row).Sum(other => Exp(a[row], other)));
            }

            if (directions.HasFlag(NegativeDirections.SecondToSecond))
            {
                sums.Add(p.Where((_, other) => other != row).Concat(n).Sum(other => Exp(p[row], other)));
            }

            double own = 3 * Cosine(a[row], p[row]);
            double expected = joint ? Math.Log(sums.Sum()) - own : sums.Average(sum => Math.Log(sum) - own);
            Assert.Equal(expected, found[row], Tolerance);
        }

        static double Exp(float[] left, float[] right) => Math.Exp(3 * Cosine(left, right));
    }

    [Fact]
    public void CoSent_AWeight_IsARepetition()
    {
        using var scope = NewDisposeScope();
        float[] similar = [0.1f, 0.7f, -0.2f, 0.4f], scores = [1, 0, 2, 2];
        double weighted = EmbeddingLosses.CoSent(tensor(similar), tensor(scores), scale: 2, tensor(new float[] { 2, 1, 0, 1 })).item<float>();
        double repeated = EmbeddingLosses.CoSent(tensor(new[] { 0.1f, 0.1f, 0.7f, 0.4f }), tensor(new float[] { 1, 1, 0, 2 }), scale: 2).item<float>();
        double sum = 0;
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                sum += scores[i] < scores[j] ? Math.Exp(2 * (similar[i] - similar[j])) : 0;
            }
        }

        Assert.Equal(repeated, weighted, Tolerance);
        Assert.Equal(Math.Log(1 + sum), EmbeddingLosses.CoSent(tensor(similar), tensor(scores), scale: 2).item<float>(), Tolerance);
        Assert.Equal(0, EmbeddingLosses.CoSent(tensor(similar), ones(4)).item<float>());
    }

    [Fact]
    public void CoSent_NothingToOrder_HasAGradientOfZero()
    {
        using var scope = NewDisposeScope();
        Tensor similar = tensor(new[] { 0.1f, 0.7f }, requires_grad: true);

        EmbeddingLosses.CoSent(similar, zeros(2)).backward();

        Assert.Equal([0f, 0f], Values(similar.grad!));
    }

    [Theory]
    [InlineData(EmbeddingDistance.Cosine)]
    [InlineData(EmbeddingDistance.Euclidean)]
    [InlineData(EmbeddingDistance.Manhattan)]
    public void TripletAndContrastive_BeyondTheMargin_CostNothing(EmbeddingDistance distance)
    {
        using var scope = NewDisposeScope();
        float[] a = [1, 0], near = [2, 0.01f], far = [-30, 1];
        double close = Distance(a, near), apart = Distance(a, far);
        Tensor first = Of([a, a]), second = Of([near, far]), negative = Of([far, near]);

        float[] triplet = Values(EmbeddingLosses.Triplet(first, second, negative, distance, margin: 0.1));
        float[] contrastive = Values(EmbeddingLosses.Contrastive(first, second, tensor(new float[] { 1, 0 }), distance, margin: 0.3));

        Assert.Equal(0, triplet[0]);
        Assert.Equal(apart - close + 0.1, triplet[1], 1e-4);
        Assert.Equal(close * close / 2, contrastive[0], 1e-4);
        Assert.Equal(0, contrastive[1]);

        double Distance(float[] x, float[] y) => distance switch
        {
            EmbeddingDistance.Cosine => 1 - Cosine(x, y),
            EmbeddingDistance.Euclidean => Math.Sqrt(x.Zip(y, (u, v) => Math.Pow(u - v + 1e-6, 2)).Sum()),
            _ => x.Zip(y, (u, v) => Math.Abs(u - v + 1e-6)).Sum(),
        };
    }

    [Theory]
    [InlineData(new float[] { 1, 0, 0, 0 })]
    [InlineData(new float[] { 1, 1, 1, 0 })]
    [InlineData(new float[] { 1, 1, 1, 1 })]
    [InlineData(new float[] { 0, 0, 0, 0 })]
    [InlineData(new float[] { 1, 0, 1, 0 })]
    public void OnlineContrastive_FewOfAKind_TakesTheMean(float[] like)
    {
        using var scope = NewDisposeScope();
        float[][] a = Vectors(4, 5), b = Vectors(4, 6);
        double[] far = [.. a.Zip(b, (x, y) => 1 - Cosine(x, y))];
        double[] near = [.. far.Where((_, row) => like[row] == 1)], apart = [.. far.Where((_, row) => like[row] == 0)];
        double top = near.Length > 1 ? near.Max() : Mean(apart), bottom = apart.Length > 1 ? apart.Min() : Mean(near);
        double expected = near.Where(d => d > bottom).Sum(d => d * d) + apart.Where(d => d < top).Sum(d => Math.Pow(Math.Max(0, 0.5 - d), 2));

        Assert.Equal(expected, EmbeddingLosses.OnlineContrastive(Of(a), Of(b), tensor(like)).item<float>(), Tolerance);

        static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();
    }

    [Fact]
    public void BadInput_IsRefusedByName()
    {
        using var scope = NewDisposeScope();
        Tensor two = zeros(2, 3), three = zeros(3, 3);

        Assert.Contains("one shape", Error(() => EmbeddingLosses.CosineScores(two, three)), StringComparison.Ordinal);
        Assert.Contains("even number of features", Error(() => EmbeddingLosses.AngleScores(two, two)), StringComparison.Ordinal);
        Assert.Contains("one score for each of 2 rows", Error(() => EmbeddingLosses.CosineSimilarity(two, two, zeros(3))), StringComparison.Ordinal);
        Assert.Contains("joint softmax", Error(() => EmbeddingLosses.MultipleNegatives(two, [two], directions: NegativeDirections.FirstToFirst | NegativeDirections.FirstToSecond)), StringComparison.Ordinal);
        Assert.Contains("no second texts", Error(() => EmbeddingLosses.MultipleNegatives(two, [])), StringComparison.Ordinal);
        Assert.Contains("A size of 4 features", Error(() => EmbeddingLosses.Matryoshka([two], [4], [1], columns => columns[0])), StringComparison.Ordinal);

        static string Error(Func<Tensor> compute) => Assert.ThrowsAny<ArgumentException>(() => compute()).Message;
    }

    private static float[][] Vectors(int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, 6).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray())];
    }

    private static Tensor Of(float[][] vectors) => tensor([.. vectors.SelectMany(vector => vector)], [vectors.Length, vectors[0].Length]);

    private static float[] Values(Tensor values) => values.data<float>().ToArray();

    private static double Cosine(float[] left, float[] right) =>
        left.Zip(right, (x, y) => (double)x * y).Sum() / Math.Sqrt(left.Sum(x => (double)x * x) * right.Sum(y => (double)y * y));
}
