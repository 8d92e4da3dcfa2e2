namespace MLNet.Dispersion;

/// <summary>What one optimizer step measured.</summary>
/// <param name="TaskLoss">Mean over the step's targets.</param>
/// <param name="Dispersion">Mean over the step's rows, before its coefficient; null when it is off.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Finite">Whether all of it was finite; otherwise the weights were left as they were.</param>
internal sealed record StepFigures(double TaskLoss, double? Dispersion, double GradientNorm, bool Finite)
{
    /// <summary>T² KL(teacher || student), mean over the step's targets; null without a teacher.</summary>
    internal double? Distillation { get; init; }

    /// <summary>1 - cosine between hidden states and the teacher's, mean over targets and layers; null when it is off.</summary>
    internal double? HiddenStateDistillation { get; init; }
}
