using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The losses of heads for texts, tokens and spans, as Hugging Face's classes compute them: pure functions of tensors. Stateless, hence thread-safe.</summary>
public static class HeadLosses
{
    /// <summary>The label of what is not counted: padding, and tokens that are not asked for.</summary>
    public const long Ignored = -100;

    /// <summary>Cross-entropy in nats, the mean over the labels that are not <see cref="Ignored"/>: classes of texts or tokens, and masked tokens.</summary>
    /// <param name="logits"><c>[..., K]</c>, float32.</param>
    /// <param name="labels">Classes, <c>[...]</c>, int64, each in 0..K-1 or <see cref="Ignored"/>.</param>
    /// <returns>A scalar, in the caller's dispose scope; NaN where nothing is counted.</returns>
    public static Tensor Classes(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[^1]), labels.reshape(-1), ignore_index: Ignored);
    }

    /// <summary>Binary cross-entropy in nats, the mean over all entries: any number of labels a text.</summary>
    /// <param name="logits"><c>[B, K]</c>, float32.</param>
    /// <param name="labels">0 or 1, <c>[B, K]</c>, float32.</param>
    /// <returns>A scalar, in the caller's dispose scope.</returns>
    public static Tensor Labels(Tensor logits, Tensor labels) => nn.functional.binary_cross_entropy_with_logits(logits, labels);

    /// <summary>Squared error, the mean over all entries: regression.</summary>
    /// <param name="outputs"><c>[B, K]</c>, float32.</param>
    /// <param name="values"><c>[B, K]</c>, float32.</param>
    /// <returns>A scalar, in the caller's dispose scope.</returns>
    public static Tensor Values(Tensor outputs, Tensor values) => nn.functional.mse_loss(outputs, values);

    /// <summary>The mean of the cross-entropies of start and end; every position of a row takes part in the softmax, padded ones too.</summary>
    /// <param name="logits"><c>[B, L, 2]</c>, float32: start and end.</param>
    /// <param name="starts">Positions, <c>[B]</c>, int64; those beyond the row are not counted, those before it count as its first.</param>
    /// <param name="ends">The same of the ends.</param>
    /// <returns>A scalar, in the caller's dispose scope; NaN where nothing is counted.</returns>
    public static Tensor Spans(Tensor logits, Tensor starts, Tensor ends)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(starts);
        ArgumentNullException.ThrowIfNull(ends);
        long length = logits.shape[1];
        return Of(0, starts).Plus(Of(1, ends)).Over(2);

        Tensor Of(int side, Tensor positions) => nn.functional.cross_entropy(logits.select(2, side), positions.Clamped(0, length).to(ScalarType.Int64), ignore_index: length);
    }
}
