namespace MLNet.Dispersion;

/// <summary>Says whether a figure rises with depth: rank correlation between it and the layer index 0..N.</summary>
public readonly record struct CondensationTrend
{
    private const double SignificanceLevel = 0.05;

    /// <summary>Gets Spearman's rho, -1..1: near +1 the model condenses with depth, negative it resists; NaN when all layers are equal.</summary>
    public required double Spearman { get; init; }

    /// <summary>Gets Kendall's tau-b, -1..1; NaN when all layers are equal.</summary>
    public required double KendallTauB { get; init; }

    /// <summary>Gets how often a rho as far from 0 comes out by chance with as many layers: two-sided p of <see cref="Spearman"/>, 0..1; NaN when all layers are equal.</summary>
    public required double PValue { get; init; }

    /// <summary>Gets whether <see cref="PValue"/> is below 0.05. Of four hidden states and fewer no trend is.</summary>
    public bool IsSignificant => PValue < SignificanceLevel;

    /// <summary>Computes the trend of a figure over the layers.</summary>
    /// <param name="byLayer">One finite value per hidden state, from index 0.</param>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static CondensationTrend Of(IReadOnlyList<double> byLayer)
    {
        ArgumentNullException.ThrowIfNull(byLayer);
        double[] indices = [.. Enumerable.Range(0, byLayer.Count).Select(i => (double)i)];
        return new CondensationTrend { Spearman = RankCorrelation.Spearman(byLayer, indices), KendallTauB = RankCorrelation.KendallTauB(byLayer, indices), PValue = RankCorrelation.SpearmanPValue(byLayer, indices) };
    }
}
