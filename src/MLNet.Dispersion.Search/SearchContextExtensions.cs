using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Where searches begin.</summary>
public static class SearchContextExtensions
{
    /// <summary>Gets what this library offers a context beyond estimators.</summary>
    /// <param name="ml">The context.</param>
    public static DispersionOperations Dispersion(this MLContext ml) => new(ml);
}
