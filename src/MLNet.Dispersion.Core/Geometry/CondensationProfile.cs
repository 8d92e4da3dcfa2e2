namespace MLNet.Dispersion;

/// <summary>How condensed a model's hidden states are, layer by layer, over a set of texts. Immutable and thread-safe; holds no tensors.</summary>
public sealed class CondensationProfile
{
    internal CondensationProfile(IReadOnlyList<LayerGeometry> layers, int texts, int shortTexts, long tokens, int? tokensPerText)
    {
        Layers = layers;
        Texts = texts;
        ShortTexts = shortTexts;
        Tokens = tokens;
        TokensPerText = tokensPerText;
        Trend = CondensationTrend.Of([.. layers.Select(layer => layer.MeanCosine)]);
        OffDiagonalTrend = CondensationTrend.Of([.. layers.Select(layer => layer.MeanCosineOffDiagonal)]);
        LastLayersMeans = MeansOfLast(layers);
    }

    /// <summary>The layers, hidden states 0..N.</summary>
    public IReadOnlyList<LayerGeometry> Layers { get; }

    /// <summary>Texts that were measured, each of at least two tokens.</summary>
    public int Texts { get; }

    /// <summary>Texts of fewer than two tokens: they have no pair and are part of no average.</summary>
    public int ShortTexts { get; }

    /// <summary>Tokens of the measured texts, after truncation.</summary>
    public long Tokens { get; }

    /// <summary>The token count that all measured texts share, or null when they differ.</summary>
    public int? TokensPerText { get; }

    /// <summary>The convention behind <see cref="LayerGeometry.MeanCosine"/> and everything derived from it here.</summary>
    public CosineAveraging Averaging => Layers[0].Summary.Averaging;

    /// <summary>The condensation trend as published: of the mean cosines with the diagonal in.</summary>
    public CondensationTrend Trend { get; }

    /// <summary>The same of the off-diagonal mean cosines.</summary>
    public CondensationTrend OffDiagonalTrend { get; }

    /// <summary>Entry n - 1 is the mean of the last n layers' mean cosines (diagonal in), n = 1..N+1.</summary>
    public IReadOnlyList<double> LastLayersMeans { get; }

    /// <summary>A table for the console, one line a layer, in invariant culture.</summary>
    public override string ToString() => CondensationTable.Format(this);

    private static double[] MeansOfLast(IReadOnlyList<LayerGeometry> layers)
    {
        var means = new double[layers.Count];
        double sum = 0;
        for (int n = 1; n <= layers.Count; n++)
        {
            sum += layers[^n].MeanCosine;
            means[n - 1] = sum / n;
        }

        return means;
    }
}
