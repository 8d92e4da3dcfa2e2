namespace MLNet.Dispersion;

/// <summary>Says whether a figure rises with depth: rank correlation between it and the layer index 0..N.</summary>
public readonly record struct CondensationTrend
{
    /// <summary>Gets Spearman's rho, -1..1: near +1 the model condenses with depth, negative it resists; NaN when all layers are equal.</summary>
    public required double Spearman { get; init; }

    /// <summary>Gets Kendall's tau-b, -1..1; NaN when all layers are equal.</summary>
    public required double KendallTauB { get; init; }

    /// <summary>Computes the trend of a figure over the layers.</summary>
    /// <param name="byLayer">One finite value per hidden state, from index 0.</param>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static CondensationTrend Of(IReadOnlyList<double> byLayer)
    {
        ArgumentNullException.ThrowIfNull(byLayer);
        double[] indices = [.. Enumerable.Range(0, byLayer.Count).Select(i => (double)i)];
        return new CondensationTrend { Spearman = RankCorrelation.Spearman(byLayer, indices), KendallTauB = RankCorrelation.KendallTauB(byLayer, indices) };
    }
}
