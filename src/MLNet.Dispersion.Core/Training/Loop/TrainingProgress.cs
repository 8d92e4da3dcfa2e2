namespace MLNet.Dispersion;

/// <summary>How training stands after an optimizer step.</summary>
/// <param name="Step">Optimizer steps done, from 1.</param>
/// <param name="TotalSteps">Optimizer steps planned.</param>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="TaskLoss">The task's loss in this step (cross-entropy, nats; of a regression the mean squared error, in variances of the labels).</param>
/// <param name="Dispersion">The dispersion loss in this step, before its coefficient; null when it is off.</param>
/// <param name="LearningRate">The backbone's learning rate of this step.</param>
/// <param name="GradientNorm">The norm of all gradients before clipping.</param>
/// <param name="TokensPerSecond">Real tokens trained on per second since the start, validation left out.</param>
/// <param name="Elapsed">Time since the start, sessions before an interruption included.</param>
/// <param name="Remaining">Estimated time to the planned end.</param>
/// <param name="ValidationLoss">The task loss on the held-out rows, at the end of an epoch that measured it; otherwise null.</param>
/// <param name="ValidationAccuracy">The share of held-out rows classified rightly, where the task has such a figure and it was measured after this step; otherwise null.</param>
public sealed record TrainingProgress(
    int Step,
    int TotalSteps,
    int Epoch,
    double TaskLoss,
    double? Dispersion,
    double LearningRate,
    double GradientNorm,
    double TokensPerSecond,
    TimeSpan Elapsed,
    TimeSpan Remaining,
    double? ValidationLoss = null,
    double? ValidationAccuracy = null)
{
    /// <summary>T² KL(teacher || student) in this step, nats, before its share in the loss; null without a teacher (<see cref="FineTuneOptions.Distillation"/>). <see cref="TaskLoss"/> is the cross-entropy alone.</summary>
    public double? Distillation { get; init; }

    /// <summary>1 - cosine between the model's hidden states and the teacher's in this step, before its weight; null when it is off.</summary>
    public double? HiddenStateDistillation { get; init; }

    /// <summary>The step of the checkpoint that the session which made this step had gone on from (<see cref="FineTuneOptions.Checkpoints"/>); null in a session that began at the beginning.</summary>
    public int? ResumedFromStep { get; init; }
}
