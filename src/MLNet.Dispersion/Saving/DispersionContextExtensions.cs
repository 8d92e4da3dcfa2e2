using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Where what this library offers a context beyond estimators begins.</summary>
public static class DispersionContextExtensions
{
    /// <summary>Gets what this library offers a context beyond estimators: saving models; searches and comparisons with the package MLNet.Dispersion.Search.</summary>
    /// <param name="ml">The context.</param>
    public static DispersionOperations Dispersion(this MLContext ml) => new(ml);
}
