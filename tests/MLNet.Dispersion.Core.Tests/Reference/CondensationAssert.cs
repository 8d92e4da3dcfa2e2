using System.Text.Json;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Comparisons with the reference's condensation figures.</summary>
internal static class CondensationAssert
{
    /// <summary>Of float64 figures of the same hidden states, relative above one.</summary>
    public const double FigureTolerance = 1e-9;

    public static void Figure(JsonElement expected, string name, double actual, double tolerance = FigureTolerance) => Figure(expected.Number(name), name, actual, tolerance);

    public static void Figure(double expected, string name, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{name}: expected {expected}, got {actual}");

    public static void Near(double[] expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    public static void Trend(JsonElement expected, CondensationTrend actual)
    {
        Assert.Equal(expected.Number("spearman"), actual.Spearman, 1e-12);
        Assert.Equal(expected.Number("kendall_tau_b"), actual.KendallTauB, 1e-12);
    }

    /// <summary>One or two pairs next to a bin's edge may fall on either side of it; each pair is two entries.</summary>
    public static void Counts(IReadOnlyCollection<double> expected, CosineHistogram actual)
    {
        Assert.Equal(expected.Sum(), actual.Total, 1e-6);
        Assert.All(expected.Zip(actual.Counts), pair => Assert.InRange(pair.Second - pair.First, -4.5, 4.5));
    }

    /// <summary>The histograms of averaged figures, which are densities there, layer by layer.</summary>
    /// <param name="answers">The answers, which have averages.</param>
    /// <param name="actual">Histograms of the averaged matrices, of as many rows and columns as each text has tokens.</param>
    public static void Densities(CondensationAnswers answers, IReadOnlyList<CosineHistogram> actual)
    {
        double area = Math.Pow(answers.TokensPerText, 2) * CosineHistogram.BinWidth;
        double[][] densities = [.. answers.Averaged!.Value.GetProperty("histogram_density").EnumerateArray().Select(layer => layer.Numbers())];
        Assert.Equal(densities.Length, actual.Count);
        Assert.All(densities.Zip(actual), layer => Counts([.. layer.First.Select(value => value * area)], layer.Second));
    }
}
