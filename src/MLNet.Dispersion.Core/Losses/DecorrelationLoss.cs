using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Mean over i != j of the squared correlation of tokens i and j, each standardised over its features (unbiased).</summary>
internal static class DecorrelationLoss
{
    /// <summary>The loss of each sequence, <c>[S]</c>, float64.</summary>
    /// <remarks>
    /// A token whose features are all equal, to the resolution of the type, correlates with nothing: its correlations are 0 and it gets no gradient
    /// (the reference divides 0 by 0). Dividing the centred row by its norm gives the same correlations as the unbiased deviation and F - 1.
    /// </remarks>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options)
    {
        // Float64, since the mean of a token far from the origin costs a float32 row most of its digits.
        Tensor states = tokens.States.to(ScalarType.Float64);
        Tensor centred = states - states.mean([2], keepdim: true);
        Tensor squares = centred.Squared().sum(2, keepdim: true);
        Tensor constant = squares <= ConstantRowLimit(states, finfo(tokens.States.dtype).eps);
        Tensor unit = centred.Masked(constant, 0) / squares.Masked(constant, 1).sqrt();
        return tokens.MeanOverPairs(PairwiseGeometry.InnerProducts(unit).Squared());
    }

    /// <summary>The squared norm up to which a centred row counts as one of equal features: what rounding alone may leave, <c>[S, L, 1]</c>.</summary>
    private static Tensor ConstantRowLimit(Tensor states, double resolution)
    {
        Tensor largest = states.detach().abs().amax([2], keepdim: true);
        return largest.Times(resolution).Squared().Times(states.shape[2]);
    }
}
