namespace MLNet.Dispersion.Benchmarks.MidTraining;

/// <summary>One way to train on.</summary>
/// <param name="Name">How the command names it.</param>
/// <param name="Description">What it is.</param>
/// <param name="Set">What it changes of plain mid-training; null for no training at all.</param>
internal sealed record Arm(string Name, string Description, Action<FineTuneOptions>? Set)
{
    /// <summary>All of them, what the others are held against first.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        new("none", "the model as it came", null),
        new("plain", "coefficient 0", _ => { }),
        new("0.01", "a tenth of the published coefficient", options => options.Dispersion.Coefficient = 0.01),
        new("0.1", "as published: angular spread on all layers, coefficient 0.1, tau 1, clamp 0.1", options => options.Dispersion.Coefficient = 0.1),
        new("1", "coefficient 1", options => options.Dispersion.Coefficient = 1),
        new("10", "coefficient 10", options => options.Dispersion.Coefficient = 10),
        Strong("tau-0.5", "tau 0.5", dispersion => dispersion.TauCos = 0.5),
        Strong("tau-2", "tau 2", dispersion => dispersion.TauCos = 2),
        Strong("clamp-0", "no clamp", dispersion => dispersion.ClampThreshold = 0),
        Strong("clamp-0.25", "clamp 0.25, as in the reference's class", dispersion => dispersion.ClampThreshold = 0.25),
        Strong("last", "the last layer alone", dispersion => dispersion.Layers = LayerSelection.Last),
        Strong("early", "the early half of the layers", dispersion => dispersion.Layers = LayerSelection.EarlyHalf),
        Strong("late", "the late half", dispersion => dispersion.Layers = LayerSelection.LateHalf),
        Strong("l2", "Euclidean repulsion", dispersion => dispersion.Variant = DispersionVariant.L2Repel),
        Strong("decorrelation", "decorrelation", dispersion => dispersion.Variant = DispersionVariant.Decorrelation),
        Strong("orthogonalization", "orthogonalization", dispersion => dispersion.Variant = DispersionVariant.Orthogonalization),
        Strong("entropy", "perplexity entropy", dispersion => dispersion.Variant = DispersionVariant.PerplexityEntropy),
        new("neftune", "plain, noisy embeddings, alpha 1", options => options.NeftuneAlpha = 1),
    ];

    /// <summary>One thing changed of coefficient 1.</summary>
    private static Arm Strong(string name, string description, Action<DispersionOptions> set) => new(name, $"coefficient 1, {description}", options =>
    {
        options.Dispersion.Coefficient = 1;
        set(options.Dispersion);
    });
}
