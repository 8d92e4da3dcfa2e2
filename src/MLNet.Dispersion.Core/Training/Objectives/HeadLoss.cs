using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A loss of some rows of logits, with its gradient.</summary>
/// <param name="logits">Rows of logits, <c>[n, V]</c>; may be overwritten.</param>
/// <param name="start">The position that the first row belongs to.</param>
/// <param name="wantsGradient">Whether the gradient is wanted.</param>
/// <returns>The sum of the rows' losses, and its gradient, of the logits' type.</returns>
internal delegate (double Sum, Tensor Slopes) HeadLoss(Tensor logits, long start, bool wantsGradient);
