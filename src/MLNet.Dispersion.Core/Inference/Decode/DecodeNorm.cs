namespace MLNet.Dispersion;

/// <summary>A norm's numbers.</summary>
internal sealed unsafe class DecodeNorm
{
    internal required NormSpec Spec { get; init; }

    /// <summary>What normalised numbers are multiplied by; null for nothing.</summary>
    internal float* Weights { get; init; }

    /// <summary>What is then added; null for nothing.</summary>
    internal float* Biases { get; init; }

    /// <summary>From the weights of one head to those of the next; 0 where all have the same.</summary>
    internal int HeadStride { get; init; }

    /// <summary>Normalises numbers in one place into another, or the same.</summary>
    internal void Apply(DecodeKernels kernels, float* x, float* y, int count, int head = 0)
    {
        int offset = head * HeadStride;
        kernels.Norm(x, y, count, Spec.Kind == NormKind.Layer, (float)Spec.Epsilon, Weights is null ? null : Weights + offset, Biases is null ? null : Biases + offset);
    }
}
