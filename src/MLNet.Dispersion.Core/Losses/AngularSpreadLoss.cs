using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary><c>logsumexp over i != j of (-D_ij / tau + eps) - log(n (n - 1))</c>, D the angular distance: the paper's dispersion loss.</summary>
internal static class AngularSpreadLoss
{
    /// <summary>The loss of each sequence, <c>[S]</c>, float64.</summary>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options) => AngularSpreadFunction.Apply(tokens, options);
}
