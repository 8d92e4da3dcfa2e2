namespace MLNet.Dispersion;

/// <summary>Holds one coordinate of the hidden states that is much larger than others.</summary>
public readonly record struct ConeCoordinate
{
    /// <summary>Gets its index among the F features, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Gets its share of the mean square of all coordinates, 0..1.</summary>
    public required double ShareOfMeanSquare { get; init; }

    /// <summary>Gets its share of the mean cosine between different tokens, the mean of each text's ratio: a cosine is a sum over coordinates.</summary>
    public required double ShareOfMeanCosine { get; init; }

    /// <summary>Gets its mean over all tokens but massive ones.</summary>
    public required double Mean { get; init; }

    /// <summary>Gets its standard deviation over the same tokens: small beside <see cref="Mean"/> where it is a constant offset.</summary>
    public required double StandardDeviation { get; init; }
}
