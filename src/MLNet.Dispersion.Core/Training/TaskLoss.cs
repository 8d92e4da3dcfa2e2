using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>A micro-batch's task loss.</summary>
/// <param name="Sum">Cross-entropy in nats, summed over targets: a scalar with a gradient.</param>
/// <param name="Correct">How many targets were predicted rightly, a scalar, where the task counts that.</param>
internal sealed record TaskLoss(Tensor Sum, Tensor? Correct = null);
