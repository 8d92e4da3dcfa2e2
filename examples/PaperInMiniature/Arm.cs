namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>One way to train the small model. All arms see the same blocks in the same order and start from the same weights.</summary>
/// <param name="Name">For tables and pictures.</param>
/// <param name="Folder">For its runs.</param>
/// <param name="Coefficient">Of the dispersion loss.</param>
/// <param name="Change">What else it sets, given the options and the teacher's directory.</param>
internal sealed record Arm(string Name, string Folder, double Coefficient, Action<FineTuneOptions, string>? Change = null)
{
    private const double DispersionCoefficient = 0.1;
    private const double PublishedSteps = 1526;

    /// <summary>Training with the causal-LM loss alone.</summary>
    public static Arm Plain { get; } = new("plain", "plain", 0);

    /// <summary>With the dispersion loss, as published.</summary>
    public static Arm Dispersion { get; } = new("dispersion", "dispersion", DispersionCoefficient);

    /// <summary>With ten times as much of it.</summary>
    public static Arm StrongDispersion { get; } = new("dispersion, coefficient 1", "dispersion-1", 10 * DispersionCoefficient);

    /// <summary>NEFTune, as published with GPT-2: alpha 1.</summary>
    public static Arm NoisyEmbeddings { get; } = new("noisy embeddings", "neftune-1", 0, (options, _) => options.NeftuneAlpha = 1);

    /// <summary>Active forgetting as published: one reset after two thirds of the steps (1000 of 1526).</summary>
    public static Arm Forgetting { get; } = new("active forgetting", "forgetting-published", 0, (options, _) => options.ActiveForgetting = Published(options.MaxSteps!.Value));

    /// <summary>Distillation from the large sibling.</summary>
    public static Arm Distillation { get; } = new("distillation", "distillation", 0, Distil);

    /// <summary>Those that start from random weights, beside the plain pre-training.</summary>
    public static IReadOnlyList<Arm> FromRandomWeights { get; } = [Dispersion, StrongDispersion, NoisyEmbeddings, Forgetting, Distillation];

    /// <summary>Those of mid-training.</summary>
    public static IReadOnlyList<Arm> OfMidTraining { get; } =
    [
        Plain,
        Dispersion,
        NoisyEmbeddings,
        Forgetting,
        Distillation,
        new("distillation + dispersion", "distillation-dispersion", DispersionCoefficient, Distil),
    ];

    /// <summary>Sets what the arm is about.</summary>
    /// <param name="options">Those of the plain arm.</param>
    /// <param name="teacher">The large sibling's directory.</param>
    public void Set(FineTuneOptions options, string teacher)
    {
        options.Dispersion.Coefficient = Coefficient;
        Change?.Invoke(options, teacher);
    }

    /// <summary>The new embeddings are as wide as the first ones, whose standard deviation follows the shape.</summary>
    private static ActiveForgettingOptions Published(int steps)
    {
        var options = ActiveForgettingOptions.Published();
        (options.EverySteps, options.InitializerRange) = ((int)Math.Ceiling(steps * options.EverySteps / PublishedSteps), null);
        return options;
    }

    private static void Distil(FineTuneOptions options, string teacher) => options.Distillation = new DistillationOptions { TeacherDirectory = teacher };
}
