namespace MLNet.Dispersion;

/// <summary>Holds the mean cosines of texts cut to one length: short texts have larger ones in many models, so figures of texts of other lengths cannot be compared. Immutable and thread-safe.</summary>
public sealed record LengthFigures
{
    /// <summary>Gets the tokens of each text.</summary>
    public required int Tokens { get; init; }

    /// <summary>Gets how many texts have so many.</summary>
    public required int Texts { get; init; }

    /// <summary>Gets the mean cosine between different tokens by hidden state 0..N, the mean of each text's own.</summary>
    public required IReadOnlyList<double> MeanCosines { get; init; }

    /// <summary>Gets the trend of <see cref="MeanCosines"/> with depth.</summary>
    public CondensationTrend Trend => CondensationTrend.Of(MeanCosines);
}
