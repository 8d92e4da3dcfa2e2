namespace MLNet.Dispersion.Models;

/// <summary>Says how features are normalised.</summary>
/// <param name="Kind">Which norm.</param>
/// <param name="Epsilon">Added to the variance, or to the mean square. Above 0.</param>
public sealed record NormSpec(NormKind Kind, double Epsilon)
{
    /// <summary>Gets a value indicating whether there is a weight for each feature. Default true.</summary>
    public bool HasWeight { get; init; } = true;

    /// <summary>Gets a value indicating whether layer normalisation has a bias for each feature. Default true; without a weight there is none.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>Gets a value indicating whether files hold weights less one, as Gemma's do.</summary>
    public bool IsStoredMinusOne { get; init; }
}
