using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Which positions may look at which where pads are on the right alone: the causal rule, and no one at pads.</summary>
internal sealed class CausalMask
{
    private readonly Tensor? _attentionMask;

    /// <summary>Reads the batch's mask.</summary>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    internal CausalMask(Tensor? attentionMask)
    {
        _attentionMask = attentionMask;
        Allowed = attentionMask is null ? null : Triangle(attentionMask.shape[1], attentionMask.device).logical_and(attentionMask.view(-1, 1, 1, attentionMask.shape[1]));
    }

    /// <summary>Allowed pairs, <c>[B, 1, L, L]</c>, bool; null when nothing is padded and the causal rule says it all.</summary>
    internal Tensor? Allowed { get; }

    /// <summary>The real tokens of each sequence; null when all are.</summary>
    internal int[]? Lengths => field ??= _attentionMask is null ? null : ReadLengths(_attentionMask);

    /// <summary>The causal rule alone, <c>[L, L]</c>, bool.</summary>
    internal static Tensor Triangle(long length, Device device) => ones([length, length], ScalarType.Bool, device).tril();

    private static int[] ReadLengths(Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        return [.. attentionMask.sum(1, type: ScalarType.Int64).cpu().data<long>().Select(length => (int)length)];
    }
}
