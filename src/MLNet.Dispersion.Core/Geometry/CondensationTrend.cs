namespace MLNet.Dispersion;

/// <summary>Whether a figure rises with depth: rank correlation between it and the layer index 0..N.</summary>
/// <param name="Spearman">Spearman's rho, -1..1: near +1 the model condenses with depth, negative it resists; NaN when all layers are equal.</param>
/// <param name="KendallTauB">Kendall's tau-b, -1..1; NaN when all layers are equal.</param>
public readonly record struct CondensationTrend(double Spearman, double KendallTauB)
{
    /// <summary>The trend of a figure over the layers.</summary>
    /// <param name="byLayer">One finite value per hidden state, from index 0.</param>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static CondensationTrend Of(IReadOnlyList<double> byLayer)
    {
        ArgumentNullException.ThrowIfNull(byLayer);
        double[] indices = [.. Enumerable.Range(0, byLayer.Count).Select(i => (double)i)];
        return new CondensationTrend(RankCorrelation.Spearman(byLayer, indices), RankCorrelation.KendallTauB(byLayer, indices));
    }
}
