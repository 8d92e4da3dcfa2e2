using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The weighted cross-entropy of single tokens, each multiplied by its own probability where asked for, against labels that are partly spread over the vocabulary where asked for.</summary>
internal static class AnswerLoss
{
    /// <summary>The sum, with a gradient by automatic differentiation.</summary>
    /// <param name="logits"><c>[N, V]</c>, float32.</param>
    /// <param name="targets">Token ids, <c>[N]</c>, int64.</param>
    /// <param name="weights">Of each, <c>[N]</c>.</param>
    /// <param name="isDynamic">Whether each loss is multiplied by its token's probability, through which no gradient goes.</param>
    /// <param name="smoothing">The share of each label that is spread over the vocabulary.</param>
    internal static Tensor Sum(Tensor logits, Tensor targets, Tensor weights, bool isDynamic, double smoothing = 0)
    {
        Tensor logarithms = logits.log_softmax(1);
        Tensor found = logarithms.gather(1, targets.unsqueeze(1)).squeeze(1);
        return Smoothed(logarithms, found, smoothing).mul(Factors(found, weights, isDynamic)).sum().neg();
    }

    /// <summary>The sum, and its gradient by the logits.</summary>
    /// <inheritdoc cref="Sum"/>
    internal static (double Sum, Tensor Slopes) WithSlopes(Tensor logits, Tensor targets, Tensor weights, bool isDynamic, double smoothing = 0)
    {
        ScalarType wide = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Tensor classes = targets.unsqueeze(1);
        Tensor logarithms = logits.to(wide).log_softmax(1);
        Tensor found = logarithms.gather(1, classes).squeeze(1);
        Tensor factors = Factors(found, weights.to(wide), isDynamic);
        double sum = -Smoothed(logarithms, found, smoothing).mul(factors).sum(type: ScalarType.Float64).item<double>();
        Tensor slopes = logarithms.exp_();
        slopes = smoothing == 0 ? slopes : slopes.PlusInPlace(-smoothing / logits.shape[1]);
        slopes.scatter_add_(1, classes, ones(classes.shape, wide, logits.device).TimesInPlace(smoothing - 1)).mul_(factors.unsqueeze(1));
        return (sum, slopes.to(logits.dtype));
    }

    private static Tensor Smoothed(Tensor logarithms, Tensor found, double smoothing) =>
        smoothing == 0 ? found : found.Times(1 - smoothing).Plus(logarithms.mean([1]).Times(smoothing));

    private static Tensor Factors(Tensor found, Tensor weights, bool isDynamic) => isDynamic ? weights.mul(found.detach().exp()) : weights;
}
