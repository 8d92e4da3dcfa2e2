namespace MLNet.Dispersion.Benchmarks;

/// <summary>The dispersion loss with one thing changed of coefficient 1, which is angular spread on all layers, tau 1, clamp 0.1; the other losses with a tenth and with ten times the coefficient too, since their values are of another size.</summary>
/// <param name="Name">How commands name it.</param>
/// <param name="Description">What it is.</param>
/// <param name="Set">Sets it on default options.</param>
internal sealed record DispersionForm(string Name, string Description, Action<DispersionOptions> Set)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<DispersionForm> All { get; } =
    [
        Of("tau-0.5", "tau 0.5", dispersion => dispersion.TauCos = 0.5),
        Of("tau-2", "tau 2", dispersion => dispersion.TauCos = 2),
        Of("clamp-0", "no clamp", dispersion => dispersion.ClampThreshold = 0),
        Of("clamp-0.25", "clamp 0.25, as in the reference's class", dispersion => dispersion.ClampThreshold = 0.25),
        Of("last", "the last layer alone", dispersion => dispersion.Layers = LayerSelection.Last),
        Of("early", "the early half of the layers", dispersion => dispersion.Layers = LayerSelection.EarlyHalf),
        Of("late", "the late half", dispersion => dispersion.Layers = LayerSelection.LateHalf),
        .. Losses(0.1, "-0.1"),
        .. Losses(1, ""),
        .. Losses(10, "-10"),
    ];

    private static IEnumerable<DispersionForm> Losses(double coefficient, string suffix) =>
    [
        Of("l2" + suffix, "Euclidean repulsion", dispersion => dispersion.Variant = DispersionVariant.L2Repel, coefficient),
        Of("decorrelation" + suffix, "decorrelation", dispersion => dispersion.Variant = DispersionVariant.Decorrelation, coefficient),
        Of("orthogonalization" + suffix, "orthogonalization", dispersion => dispersion.Variant = DispersionVariant.Orthogonalization, coefficient),
        Of("entropy" + suffix, "perplexity entropy", dispersion => dispersion.Variant = DispersionVariant.PerplexityEntropy, coefficient),
    ];

    private static DispersionForm Of(string name, string description, Action<DispersionOptions> set, double coefficient = 1) => new(name, FormattableString.Invariant($"coefficient {coefficient}, {description}"), dispersion =>
    {
        dispersion.Coefficient = coefficient;
        set(dispersion);
    });
}
