using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>
/// <c>logsumexp over all i, j of (-|z_i - z_j|^2 / tau + eps) - log(n^2) + 0.1 mean(z^2)</c>: the reference's form, which keeps the diagonal
/// (the paper's sum has only i != j).
/// </summary>
internal static class L2RepelLoss
{
    /// <summary>The weight of the mean square of the features, which keeps the norms from growing without limit (reference).</summary>
    private const double NormWeight = 0.1;

    /// <summary>The loss of each sequence, <c>[S]</c>, float64.</summary>
    public static Tensor PerSequence(RealTokens tokens, DispersionOptions options)
    {
        Tensor logits = PairwiseGeometry.SquaredDistances(tokens.Centred()).Over(-options.TauL2);
        if (tokens.NotBothReal is { } padded)
        {
            logits = logits.Masked(padded, double.NegativeInfinity);
        }

        Tensor spread = logits.flatten(1).logsumexp(1).Plus(options.Epsilon) - tokens.Counts.log().Times(2);
        Tensor meanSquare = tokens.States.to(ScalarType.Float64).Squared().sum([1, 2]) / tokens.Counts.Times(tokens.States.shape[2]);
        return spread.Plus(meanSquare.Times(NormWeight));
    }
}
