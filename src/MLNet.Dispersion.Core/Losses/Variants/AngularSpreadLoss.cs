using MLNet.Dispersion.Geometry;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Losses.Variants;

/// <summary><c>logsumexp over i != j of (-D_ij / tau + eps) - log(n (n - 1))</c>, D the angular distance: the paper's dispersion loss.</summary>
internal static class AngularSpreadLoss
{
    /// <summary>The loss of each sequence, <c>[S]</c>.</summary>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options)
    {
        Tensor cosines = PairwiseGeometry.InnerProducts(PairwiseGeometry.Normalize(tokens.States, options.Epsilon));
        Tensor distances = PairwiseGeometry.AngularDistance(cosines, options.ClampThreshold);
        Tensor logits = (distances / -options.TauCos).masked_fill(tokens.NoPair, double.NegativeInfinity);
        return logits.flatten(1).logsumexp(1) + options.Epsilon - tokens.PairCounts.log();
    }
}
