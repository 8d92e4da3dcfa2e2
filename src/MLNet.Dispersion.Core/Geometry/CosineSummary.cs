namespace MLNet.Dispersion;

/// <summary>What the cosine matrices of one layer say under one averaging convention.</summary>
/// <param name="Averaging">The convention.</param>
/// <param name="Means">The means with and without the diagonal.</param>
/// <param name="Histogram">The distribution of the entries, diagonal included; null when histograms were not asked for.</param>
/// <remarks>For texts of equal token count the means of both conventions agree; the histograms do not (averaging narrows them).</remarks>
public sealed record CosineSummary(CosineAveraging Averaging, CosineMeans Means, CosineHistogram? Histogram);
