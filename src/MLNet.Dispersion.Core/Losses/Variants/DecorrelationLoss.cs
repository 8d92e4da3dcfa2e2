using MLNet.Dispersion.Geometry;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Losses.Variants;

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
        Tensor states = tokens.States;
        Tensor centred = states - states.mean([2], keepdim: true);
        Tensor squares = centred.square().sum(2, keepdim: true);
        Tensor constant = squares <= ConstantRowLimit(states);
        Tensor unit = centred.masked_fill(constant, 0) / squares.masked_fill(constant, 1).sqrt();
        return tokens.MeanOverPairs(PairwiseGeometry.InnerProducts(unit).square());
    }

    /// <summary>The squared norm that rounding alone may leave in a centred row of equal features, <c>[S, L, 1]</c>.</summary>
    private static Tensor ConstantRowLimit(Tensor states)
    {
        Tensor largest = states.detach().abs().amax([2], keepdim: true);
        return (largest * finfo(states.dtype).eps).square() * states.shape[2];
    }
}
