namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>A model of random weights.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Width">Its MLP width.</param>
/// <param name="Report">Its condensation on held-out texts.</param>
internal sealed record InitialOutcome(InitialShape Shape, int Width, CondensationReport Report)
{
    /// <summary>Spearman's rho between mean cosine and depth.</summary>
    public double Trend => Report.Profile.Trend.Spearman;

    /// <summary>The embeddings' mean cosine, diagonal included, as published.</summary>
    public double FirstCosine => Report.Profile.Layers[0].MeanCosine;

    /// <summary>What <see cref="ConeTheory"/> says of the last layer's, from the embeddings'.</summary>
    public double PredictedLastCosine => ConeTheory.LastCosine(Shape, Width, Report.Profile.Layers[0].MeanCosineOffDiagonal);

    /// <summary>The last layer's.</summary>
    public double LastCosine => Report.Profile.Layers[^1].MeanCosine;
}
