using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Cross-entropy and divergence from a teacher of a language-model head, in the chunks of <see cref="HeadCrossEntropy"/>: the teacher's logits of a chunk are made from its hidden states when the student's are there.</summary>
internal static class HeadDistillation
{
    /// <summary>The summed loss of the counted positions: (1 - a) cross-entropy + a T² KL(teacher || student), a scalar of the hidden states' type. Call it inside a dispose scope.</summary>
    /// <param name="hidden">The student's final hidden states, <c>[N, F]</c>.</param>
    /// <param name="weight">The student's head, <c>[V, F]</c>.</param>
    /// <param name="taught">The teacher's final hidden states, <c>[N, G]</c>.</param>
    /// <param name="teacherHead">From the teacher's hidden states to its logits, float32.</param>
    /// <param name="targets">Token ids, <c>[N]</c>, int64, or <see cref="HeadCrossEntropy.Ignored"/>.</param>
    /// <param name="mixture">Temperature and share.</param>
    /// <param name="computeType">In which the student's products are made and its logits held.</param>
    /// <param name="sums">Receives the parts.</param>
    /// <param name="chunk">The most positions of a chunk; null for what memory suggests.</param>
    internal static Tensor Sum(
        Tensor hidden,
        Tensor weight,
        Tensor taught,
        Func<Tensor, Tensor> teacherHead,
        Tensor targets,
        DistillationMixture mixture,
        ScalarType computeType,
        DistillationSums sums,
        long? chunk = null)
    {
        sums.Divergence = 0;
        return HeadCrossEntropy.Sum(hidden, weight, Loss, computeType, chunk ?? HeadCrossEntropy.ChunkOf(weight, ScalarType.Float32));

        (double Sum, Tensor Slopes) Loss(Tensor logits, long start, bool wantsGradient)
        {
            using var noGradient = no_grad();
            Tensor teacherLogits = teacherHead(taught.narrow(0, start, logits.shape[0]));
            var (crossEntropy, divergence, slopes) = DistillationGradient.Of(logits, teacherLogits, targets.narrow(0, start, logits.shape[0]), mixture, wantsGradient);
            sums.CrossEntropy += crossEntropy;
            sums.Divergence += divergence;
            return (((1 - mixture.Share) * crossEntropy) + (mixture.Share * divergence), slopes);
        }
    }
}

/// <summary>How a distilling loss is put together.</summary>
/// <param name="Temperature">By what logits are divided; above 0.</param>
/// <param name="Share">The share of the divergence from the teacher; 0..1.</param>
internal readonly record struct DistillationMixture(double Temperature, double Share);

/// <summary>The parts of a distilling loss, summed over the predicted positions.</summary>
internal sealed class DistillationSums
{
    /// <summary>The task's own loss, nats.</summary>
    internal double CrossEntropy { get; set; }

    /// <summary>T² KL(teacher || student), nats; null when it is off.</summary>
    internal double? Divergence { get; set; }

    /// <summary>1 - cosine of hidden states, averaged over layers; null when it is off.</summary>
    internal double? HiddenStates { get; set; }
}
