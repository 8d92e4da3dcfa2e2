namespace MLNet.Dispersion;

/// <summary>Says what the cosine matrices of one layer hold under one averaging convention. Immutable and thread-safe.</summary>
/// <remarks>For texts of equal token count the means of both conventions agree; the histograms do not (averaging narrows them).</remarks>
public sealed record CosineSummary
{
    /// <summary>Gets the convention by which the matrices became one.</summary>
    public required CosineAveraging Averaging { get; init; }

    /// <summary>Gets the means with and without the diagonal.</summary>
    public required CosineMeans Means { get; init; }

    /// <summary>Gets the distribution of the entries, diagonal included; null when histograms were not asked for.</summary>
    public required CosineHistogram? Histogram { get; init; }
}
