using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Minus the mean over tokens of <c>-sum_j p_ij log2(p_ij + eps)</c>, with <c>p_i = softmax over j != i of (-|z_i - z_j|^2 / tau)</c>.</summary>
internal static class PerplexityEntropyLoss
{
    /// <summary>The smallest normal float64: with eps 0 it stands in for p = 0 inside the logarithm, so that 0 log 0 is 0 and not NaN.</summary>
    private const double Tiny = 2.2250738585072014e-308;

    /// <summary>The loss of each sequence, <c>[S]</c>, float64.</summary>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options)
    {
        // Pad rows have no partner; they keep their own logits so that their softmax stays finite, and are left out of the sum.
        Tensor logits = PairwiseGeometry.SquaredDistances(tokens.Centred()).Over(-options.TauL2);
        logits = logits.Masked(ExcludedPartners(tokens), double.NegativeInfinity);
        Tensor probabilities = logits.softmax(-1);
        Tensor terms = probabilities * probabilities.Plus(options.Epsilon).AtLeast(Tiny).log2();
        return terms.Masked(tokens.NoPair, 0).sum([1, 2]) / tokens.Counts;
    }

    private static Tensor ExcludedPartners(RealTokens tokens)
    {
        Tensor excluded = tokens.NoPair;
        return tokens.Mask is null ? excluded : excluded.logical_and(tokens.Mask.unsqueeze(2));
    }
}
