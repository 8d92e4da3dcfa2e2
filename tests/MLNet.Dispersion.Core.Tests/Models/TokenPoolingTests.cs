using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Every pooling against loops over plain numbers, with pads on either side.</summary>
public sealed class TokenPoolingTests
{
    private const int Features = 5;
    private static readonly TextPooling[] OfTokens = [.. Enum.GetValues<TextPooling>().Where(pooling => pooling != TextPooling.Family)];

    /// <summary>The tokens that count in each row, by first column and number: pads on the right, on the left, on both sides, none.</summary>
    private static readonly (int First, int Count)[] Runs = [(0, 4), (3, 4), (2, 3), (0, 7), (6, 1)];

    public static TheoryData<TextPooling> Poolings => [.. OfTokens];

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Pool_PadsOnAnySide_EqualsLoopsOverTheTokensThatCount(TextPooling pooling)
    {
        using var scope = NewDisposeScope();
        double[,,] values = Values();
        Tensor states = tensor(values);
        Tensor pads = Mask().logical_not().unsqueeze(2);

        // What stands at a pad must not matter, be it no number at all.
        Tensor spoilt = states.masked_fill(pads, double.NaN);

        double[] pooled = TokenPooling.Pool(spoilt, Mask(), pooling, Query(pooling)).data<double>().ToArray();

        AssertNear([.. Runs.SelectMany((run, row) => Naive(values, row, run, pooling))], pooled);
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Pool_NoMask_EqualsAMaskOfAll(TextPooling pooling)
    {
        using var scope = NewDisposeScope();
        Tensor states = tensor(Values());
        Tensor all = ones(Runs.Length, 7, dtype: ScalarType.Bool);

        Assert.Equal(TokenPooling.Pool(states, all, pooling, Query(pooling)).data<double>().ToArray(), TokenPooling.Pool(states, null, pooling, Query(pooling)).data<double>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Pool_Gradient_IsTheSlopeAndZeroAtPads(TextPooling pooling)
    {
        using var scope = NewDisposeScope();
        double[,,] values = Values();
        Tensor states = tensor(values).requires_grad_();
        Tensor? query = Query(pooling)?.requires_grad_();
        Tensor weights = tensor(Enumerable.Range(0, Runs.Length * Features).Select(i => Math.Sin(i + 1)).ToArray(), Runs.Length, Features);

        (TokenPooling.Pool(states, Mask(), pooling, query) * weights).sum().backward();

        const double Step = 1e-6;
        double[] gradient = states.grad!.data<double>().ToArray();
        for (int row = 0; row < Runs.Length; row++)
        {
            for (int token = 0; token < 7; token++)
            {
                for (int feature = 0; feature < Features; feature++)
                {
                    double was = values[row, token, feature];
                    values[row, token, feature] = was + Step;
                    double above = Weighted(values, pooling, weights);
                    values[row, token, feature] = was - Step;
                    double slope = (above - Weighted(values, pooling, weights)) / (2 * Step);
                    values[row, token, feature] = was;
                    Assert.Equal(slope, gradient[(((row * 7) + token) * Features) + feature], 1e-6);
                }
            }
        }

        Assert.Equal(pooling == TextPooling.Attention, query?.grad is { } learnt && learnt.abs().sum().item<double>() > 0);
    }

    [Fact]
    public void Pool_QueryOfZeros_IsTheMean()
    {
        using var scope = NewDisposeScope();
        Tensor states = tensor(Values());

        AssertNear(
            TokenPooling.Pool(states, Mask(), TextPooling.Mean).data<double>().ToArray(),
            TokenPooling.Pool(states, Mask(), TextPooling.Attention, zeros(Features, dtype: ScalarType.Float64)).data<double>().ToArray());
    }

    [Fact]
    public void Pool_BadInput_SaysWhatIsWrong()
    {
        using var scope = NewDisposeScope();
        Tensor states = zeros(2, 3, 4);

        Assert.Contains("[B, L, F]", Message(() => TokenPooling.Pool(zeros(2, 3), null, TextPooling.Mean)), StringComparison.Ordinal);
        Assert.Contains("[2, 3]", Message(() => TokenPooling.Pool(states, ones(2, 2, dtype: ScalarType.Bool), TextPooling.Mean)), StringComparison.Ordinal);
        Assert.Contains("at least one token", Message(() => TokenPooling.Pool(states, zeros(2, 3, dtype: ScalarType.Bool), TextPooling.Max)), StringComparison.Ordinal);
        Assert.Contains("Summary", Message(() => TokenPooling.Pool(states, null, TextPooling.Family)), StringComparison.Ordinal);
        Assert.Contains("query of 4", Message(() => TokenPooling.Pool(states, null, TextPooling.Attention)), StringComparison.Ordinal);
        Assert.Contains("got [3]", Message(() => TokenPooling.Pool(states, null, TextPooling.Attention, zeros(3))), StringComparison.Ordinal);
        Assert.Contains("all others none", Message(() => TokenPooling.Pool(states, null, TextPooling.Mean, zeros(4))), StringComparison.Ordinal);
    }

    private static string Message(Action act) => Assert.ThrowsAny<ArgumentException>(act).Message;

    private static double[,,] Values()
    {
        var random = new Random(5);
        var values = new double[Runs.Length, 7, Features];
        foreach (ref double value in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref values[0, 0, 0], values.Length))
        {
            value = (4 * random.NextDouble()) - 2;
        }

        return values;
    }

    private static Tensor Mask() => tensor(Runs.SelectMany(run => Enumerable.Range(0, 7).Select(token => token >= run.First && token < run.First + run.Count)).ToArray(), Runs.Length, 7);

    private static Tensor? Query(TextPooling pooling) => pooling == TextPooling.Attention ? tensor(QueryValues) : null;

    private static readonly double[] QueryValues = [0.7, -1.1, 0.2, 1.9, -0.4];

    private static double Weighted(double[,,] values, TextPooling pooling, Tensor weights) =>
        Runs.SelectMany((run, row) => Naive(values, row, run, pooling)).Zip(weights.data<double>().ToArray(), (value, weight) => value * weight).Sum();

    private static double[] Naive(double[,,] values, int row, (int First, int Count) run, TextPooling pooling)
    {
        var pooled = new double[Features];
        var weights = new double[run.Count];
        double sum = 0;
        for (int i = 0; i < run.Count; i++)
        {
            double score = Enumerable.Range(0, Features).Sum(feature => values[row, run.First + i, feature] * QueryValues[feature]);
            weights[i] = pooling switch
            {
                TextPooling.WeightedMean => i + 1,
                TextPooling.Attention => Math.Exp(score / Math.Sqrt(Features)),
                TextPooling.FirstToken => i == 0 ? 1 : 0,
                TextPooling.LastToken => i == run.Count - 1 ? 1 : 0,
                _ => 1,
            };
            sum += weights[i];
        }

        for (int feature = 0; feature < Features; feature++)
        {
            double[] column = [.. Enumerable.Range(0, run.Count).Select(i => values[row, run.First + i, feature])];
            double mean = column.Zip(weights, (value, weight) => value * weight).Sum() / sum;
            pooled[feature] = pooling switch
            {
                TextPooling.Max => column.Max(),
                TextPooling.MeanSqrtLength => mean * Math.Sqrt(run.Count),
                _ => mean,
            };
        }

        return pooled;
    }

    private static void AssertNear(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }
}
