namespace MLNet.Dispersion;

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
