using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Losses of preference pairs: pure functions of tensors. Stateless, hence thread-safe.</summary>
public static class PreferenceLosses
{
    /// <summary>The loss of each pair.</summary>
    /// <param name="loss">Which; <see cref="PreferenceLoss.Supervised"/> is no function of ratios and is refused.</param>
    /// <param name="chosen">log(p / p_ref) of the chosen answers, summed over their tokens, <c>[B]</c>, nats.</param>
    /// <param name="rejected">The same of the rejected ones.</param>
    /// <param name="chosenTokens">Tokens of the chosen answers, <c>[B]</c>, of the ratios' type; read by <see cref="PreferenceLoss.Ipo"/> and <see cref="PreferenceLoss.SigmoidOfMeans"/>.</param>
    /// <param name="rejectedTokens">The same of the rejected ones.</param>
    /// <param name="beta">How strongly the model is held to the reference. Above 0.</param>
    /// <param name="labelSmoothing">The share of pairs that are the wrong way round (e); read by <see cref="PreferenceLoss.Robust"/>. At least 0 and below 0.5.</param>
    /// <returns><c>[B]</c>, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The loss is no function of ratios.</exception>
    public static Tensor Of(PreferenceLoss loss, Tensor chosen, Tensor rejected, Tensor chosenTokens, Tensor rejectedTokens, double beta, double labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        ArgumentNullException.ThrowIfNull(rejected);
        ArgumentNullException.ThrowIfNull(chosenTokens);
        ArgumentNullException.ThrowIfNull(rejectedTokens);
        return loss switch
        {
            PreferenceLoss.Sigmoid => LogSigmoid(Sums().Times(beta)).neg(),
            PreferenceLoss.Robust => LogSigmoid(Sums().Times(beta)).Times(-(1 - labelSmoothing)).Plus(LogSigmoid(Sums().Times(-beta)).Times(labelSmoothing)).Over(1 - (2 * labelSmoothing)),
            PreferenceLoss.Hinge => Sums().Times(-beta).Plus(1).relu(),
            PreferenceLoss.Ipo => Means().Minus(1 / (2 * beta)).Squared(),
            PreferenceLoss.SigmoidOfMeans => LogSigmoid(Means().Times(beta)).neg(),
            _ => throw new ArgumentOutOfRangeException(nameof(loss), loss, $"{loss} is no loss of log ratios."),
        };

        Tensor Sums() => chosen.Plus(rejected.neg());

        Tensor Means() => chosen.div(chosenTokens).Plus(rejected.div(rejectedTokens).neg());
    }

    private static Tensor LogSigmoid(Tensor values) => nn.functional.logsigmoid(values);
}
