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
        .. DispersionForm.All.Select(form => new Arm(form.Name, form.Description, options => form.Set(options.Dispersion))),
        new("neftune", "plain, noisy embeddings, alpha 1", options => options.NeftuneAlpha = 1),
    ];
}
