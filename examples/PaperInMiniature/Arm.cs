namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>One way to mid-train the small model. All arms see the same blocks in the same order and start from the same weights.</summary>
/// <param name="Name">For tables and pictures.</param>
/// <param name="Folder">For its runs.</param>
/// <param name="Coefficient">Of the dispersion loss.</param>
/// <param name="Change">What else it sets, given the options and the teacher's directory.</param>
internal sealed record Arm(string Name, string Folder, double Coefficient, Action<FineTuneOptions, string>? Change = null)
{
    private const double DispersionCoefficient = 0.1;
    private const double NoiseAlpha = 5;

    /// <summary>Training with the causal-LM loss alone.</summary>
    public static Arm Plain { get; } = new("plain", "plain", 0);

    /// <summary>With the dispersion loss, as published.</summary>
    public static Arm Dispersion { get; } = new("dispersion", "dispersion", DispersionCoefficient);

    /// <summary>NEFTune.</summary>
    public static Arm NoisyEmbeddings { get; } = new("noisy embeddings", "neftune", 0, (options, _) => options.NeftuneAlpha = NoiseAlpha);

    /// <summary>Active forgetting: two or three resets in the first half.</summary>
    public static Arm Forgetting { get; } = new("active forgetting", "forgetting", 0, (options, _) => options.ActiveForgetting = new ActiveForgettingOptions { EverySteps = Math.Max(1, options.MaxSteps!.Value / 5), ActiveShare = 0.5 });

    /// <summary>Distillation from the large sibling.</summary>
    public static Arm Distillation { get; } = new("distillation", "distillation", 0, Distil);

    /// <summary>All of them: those above, and distillation with dispersion.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        Plain,
        Dispersion,
        NoisyEmbeddings,
        Forgetting,
        Distillation,
        new("distillation + dispersion", "distillation-dispersion", DispersionCoefficient, Distil),
    ];

    private static void Distil(FineTuneOptions options, string teacher) => options.Distillation = new DistillationOptions { TeacherDirectory = teacher };
}
