namespace MLNet.Dispersion;

/// <summary>Holds what carries the cone of one layer (<see cref="ConeGeometry.Measure"/>): its mean cosine once with, and once without, each thing that may carry it. Immutable and thread-safe.</summary>
/// <remarks>All cosines are between different tokens, -1..1, the mean over texts of each text's own mean.</remarks>
public sealed record ConeFigures
{
    /// <summary>Gets the number of texts.</summary>
    public required int Texts { get; init; }

    /// <summary>Gets the number of coordinates, F.</summary>
    public required int Features { get; init; }

    /// <summary>Gets the mean cosine of all tokens.</summary>
    public required double MeanCosine { get; init; }

    /// <summary>Gets the mean cosine without each text's first token, to which causal attention gives a place of its own; NaN when no text has three tokens.</summary>
    public required double WithoutFirstToken { get; init; }

    /// <summary>Gets the mean cosine without <see cref="MassiveTokens"/>.</summary>
    public required double WithoutMassiveTokens { get; init; }

    /// <summary>Gets the mean cosine without <see cref="MassiveTokens"/> after their common mean, over the tokens of all texts, was taken away from each token:
    /// what the tokens have in common beyond one constant offset. It is near 0 where an offset alone made the cone.</summary>
    public required double Centred { get; init; }

    /// <summary>Gets <see cref="Centred"/> with every coordinate divided by its standard deviation, so that all coordinates count the same.</summary>
    public required double Standardised { get; init; }

    /// <summary>Gets the mean cosine without the 1, 2 and 4 coordinates of the largest mean square (<see cref="ConeGeometry.StrongestCounts"/>), in this order.</summary>
    public required IReadOnlyList<double> WithoutStrongest { get; init; }

    /// <summary>Gets the coordinates of the largest mean square, the strongest first: four, or as many as there are.</summary>
    public required IReadOnlyList<ConeCoordinate> Strongest { get; init; }

    /// <summary>Gets the mean over texts of the first token's norm.</summary>
    public required double FirstTokenNorm { get; init; }

    /// <summary>Gets the mean norm of all other tokens.</summary>
    public required double OtherTokensNorm { get; init; }

    /// <summary>Gets the mean cosine of the first token with the others of its text.</summary>
    public required double FirstTokenCosine { get; init; }

    /// <summary>Gets the tokens whose norm is above five times (<see cref="ConeGeometry.MassiveNorm"/>) the median of their text, in the order of the texts: attention sinks.</summary>
    public required IReadOnlyList<MassiveToken> MassiveTokens { get; init; }

    /// <summary>Gets how much of the mean cosine the strongest coordinates carry, as a share of it: near 1 where they carry it all. Above 1 or below 0 is possible, since other coordinates may pull the tokens apart.</summary>
    /// <param name="count">How many of <see cref="Strongest"/>; at most as many as there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0 or above their number.</exception>
    public double ShareOfStrongest(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Strongest.Count);
        return Strongest.Take(count).Sum(coordinate => coordinate.ShareOfMeanCosine);
    }
}
