namespace MLNet.Dispersion;

/// <summary>What the forms of the dispersion loss depend on.</summary>
public static class DispersionVariantExtensions
{
    /// <summary>Gets the names of the <see cref="DispersionOptions"/> that a form reads; the others of the five numbers below change nothing of it.</summary>
    /// <param name="variant">The form.</param>
    /// <returns>
    /// Some of <see cref="DispersionOptions.TauCos"/>, <see cref="DispersionOptions.TauL2"/>, <see cref="DispersionOptions.Margin"/>, <see cref="DispersionOptions.Epsilon"/> and
    /// <see cref="DispersionOptions.ClampThreshold"/>; none for <see cref="DispersionVariant.Decorrelation"/>. Coefficient, layers, the most tokens and what is taken away from the states first matter to every form and are not listed.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The form is none of the named ones.</exception>
    public static IReadOnlyList<string> Reads(this DispersionVariant variant) => variant switch
    {
        DispersionVariant.AngularSpread => [nameof(DispersionOptions.TauCos), nameof(DispersionOptions.Epsilon), nameof(DispersionOptions.ClampThreshold)],
        DispersionVariant.L2Repel => [nameof(DispersionOptions.TauL2), nameof(DispersionOptions.Epsilon)],
        DispersionVariant.Decorrelation => [],
        DispersionVariant.Orthogonalization => [nameof(DispersionOptions.Margin), nameof(DispersionOptions.Epsilon), nameof(DispersionOptions.ClampThreshold)],
        DispersionVariant.PerplexityEntropy => [nameof(DispersionOptions.TauL2), nameof(DispersionOptions.Epsilon)],
        _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, $"Unknown dispersion variant {variant}; use one of {string.Join(", ", Enum.GetNames<DispersionVariant>())}."),
    };
}
