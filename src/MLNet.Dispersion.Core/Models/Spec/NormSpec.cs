namespace MLNet.Dispersion.Models;

/// <summary>Says how features are normalised.</summary>
/// <param name="Kind">Which norm.</param>
/// <param name="Epsilon">Added to the variance, or to the mean square. Above 0.</param>
public sealed record NormSpec(NormKind Kind, double Epsilon);
