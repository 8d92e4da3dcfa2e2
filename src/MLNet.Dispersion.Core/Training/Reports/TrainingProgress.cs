namespace MLNet.Dispersion;

/// <summary>How training stands after an optimizer step.</summary>
public sealed record TrainingProgress
{
    internal static readonly IReadOnlyDictionary<string, double> NoFigures = new Dictionary<string, double>();

    /// <summary>Gets the optimizer steps done, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Gets the optimizer steps planned.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Gets the current epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Gets the task's loss in this step (cross-entropy, nats; of a regression the mean squared error, in variances of the labels).</summary>
    public required double TaskLoss { get; init; }

    /// <summary>Gets the dispersion loss in this step, before its coefficient; null when it is off.</summary>
    public double? Dispersion { get; init; }

    /// <summary>Gets the backbone's learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Gets the norm of all gradients before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Gets the real tokens trained on per second since the start, validation left out.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Gets the time since the start, sessions before an interruption included.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets the estimated time to the planned end.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>Gets the task loss on the held-out rows, at the end of an epoch that measured it; otherwise null.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Gets what the objective reports of this step beside its loss, by name (such as those of <see cref="TrainingFigures"/>), each the mean over the step's targets; steps of version 0.1 that were read from a snapshot have fewer.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = NoFigures;

    /// <summary>Gets what the objective reports of the held-out rows beside its loss, by name, each the mean over their targets; empty where nothing was validated after this step.</summary>
    public IReadOnlyDictionary<string, double> ValidationFigures { get; init; } = NoFigures;

    /// <summary>Gets the share of held-out rows classified rightly, where the task has such a figure and it was measured after this step; otherwise null.</summary>
    public double? ValidationAccuracy
    {
        get => Find(ValidationFigures, TrainingFigures.Accuracy);
        init => ValidationFigures = With(ValidationFigures, TrainingFigures.Accuracy, value);
    }

    /// <summary>Gets T² KL(teacher || student) in this step, nats, before its share in the loss; null without a teacher (<see cref="FineTuneOptions.Distillation"/>). <see cref="TaskLoss"/> is the cross-entropy alone.</summary>
    public double? Distillation
    {
        get => Find(Figures, TrainingFigures.Distillation);
        init => Figures = With(Figures, TrainingFigures.Distillation, value);
    }

    /// <summary>Gets 1 - cosine between the model's hidden states and the teacher's in this step, before its weight; null when it is off.</summary>
    public double? HiddenStateDistillation
    {
        get => Find(Figures, TrainingFigures.HiddenStateDistillation);
        init => Figures = With(Figures, TrainingFigures.HiddenStateDistillation, value);
    }

    /// <summary>Gets the step of the checkpoint that the session which made this step had gone on from (<see cref="FineTuneOptions.Checkpoints"/>); null in a session that began at the beginning.</summary>
    public int? ResumedFromStep { get; init; }

    private static double? Find(IReadOnlyDictionary<string, double> figures, string name) => figures.TryGetValue(name, out double value) ? value : null;

    private static IReadOnlyDictionary<string, double> With(IReadOnlyDictionary<string, double> figures, string name, double? value) =>
        value is { } number ? new Dictionary<string, double>(figures) { [name] = number } : figures;
}
