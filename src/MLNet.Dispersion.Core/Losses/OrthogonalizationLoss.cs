using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Mean over i != j of <c>max(0, margin - D_ij)^2</c>, D the angular distance.</summary>
internal static class OrthogonalizationLoss
{
    /// <summary>The loss of each sequence, <c>[S]</c>, float64.</summary>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options)
    {
        Tensor cosines = PairwiseGeometry.InnerProducts(PairwiseGeometry.Normalize(tokens.States, options.Epsilon));
        Tensor shortfall = PairwiseGeometry.AngularDistance(cosines, options.ClampThreshold).neg().Plus(options.Margin).relu();
        return tokens.MeanOverPairs(shortfall.Squared());
    }
}
