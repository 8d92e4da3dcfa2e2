using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A micro-batch's task loss.</summary>
/// <param name="Sum">Cross-entropy in nats, or squared errors, summed over targets: a scalar with a gradient.</param>
/// <param name="Correct">How many targets were predicted rightly, a scalar, where the task counts that.</param>
internal sealed record TaskLoss(Tensor Sum, Tensor? Correct = null)
{
    /// <summary>The parts that <see cref="Sum"/> mixes where there is a teacher: then the task's own loss is one of them. Null without a teacher.</summary>
    internal DistillationSums? Distillation { get; init; }
}
