using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The dispersion loss of one layer's hidden states: low when the tokens of a sequence point apart, high when they condense.</summary>
/// <remarks>
/// <para>
/// Pairs are always two tokens of the same sequence; the result is the mean over the sequences of the batch. Values, additive constants and gradients are those of
/// the reference implementation (arXiv 2602.00217), including the slope of the clamped arccos at the band's edge for saturated pairs
/// (so a finite difference of the value, which is flat there, differs from the gradient by design).
/// </para>
/// <para>
/// Deviations from the reference, where it has no answer: a pad token takes part in no pair, and each sequence's mean is over its own real pairs (the reference has no mask);
/// a sequence with fewer than two real tokens contributes nothing and is not counted in the batch mean, in every variant (the reference gives NaN, for <see cref="DispersionVariant.L2Repel"/> the norm term);
/// when no sequence is left the result is a zero with a zero gradient; a token of equal features has correlation 0 with every other in <see cref="DispersionVariant.Decorrelation"/> (reference: NaN);
/// a clamp threshold below the resolution of the type counts as that resolution, since the slope would be infinite; a zero row with epsilon 0 has cosine 0 with every other and no gradient;
/// with epsilon 0 an improbable neighbour adds 0 to the entropy (reference: NaN). The norm term of <see cref="DispersionVariant.L2Repel"/> is averaged sequence by sequence, which is the reference's mean over the batch when all have the same length.
/// </para>
/// <para>Thread-safe; nothing is drawn at random and no global state is touched.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
/// using TorchSharp;
///
/// torch.Tensor states = torch.randn(2, 16, 64, requires_grad: true);   // [B, L, F]
/// torch.Tensor loss = DispersionLoss.Compute(states, attentionMask: null, new DispersionOptions { Variant = DispersionVariant.AngularSpread });
/// loss.backward();
/// </code>
/// </example>
public static class DispersionLoss
{
    /// <summary>Computes the loss of one layer over all its real tokens.</summary>
    /// <param name="hiddenStates">Hidden states, <c>[B, L, F]</c>, float32 or float64, F at least 2. L and B may be 0.</param>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool, on the same device; pads may be anywhere and hold anything, NaN included. Null when all tokens are real.</param>
    /// <param name="options">Variant, temperatures, margin, epsilon and clamp. <see cref="DispersionOptions.Coefficient"/>, <see cref="DispersionOptions.Layers"/> and
    /// <see cref="DispersionOptions.MaxTokens"/> do not matter here: see <see cref="DispersionRegularizer"/>.</param>
    /// <returns>A scalar of the hidden states' type, with gradient when they have one; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A tensor has the wrong shape, type or device.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static Tensor Compute(Tensor hiddenStates, Tensor? attentionMask, DispersionOptions options) =>
        Compute(hiddenStates, attentionMask, options, ScalarType.Float32);

    /// <summary>Computes the loss with the type in which <see cref="DispersionVariant.AngularSpread"/> multiplies float32 states: float32, or bfloat16 in mixed precision.</summary>
    internal static Tensor Compute(Tensor hiddenStates, Tensor? attentionMask, DispersionOptions options, ScalarType productType)
    {
        ArgumentNullException.ThrowIfNull(hiddenStates);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        CheckStates(hiddenStates);
        CheckMask(hiddenStates, attentionMask);
        using var scope = NewDisposeScope();
        RealTokens? tokens = RealTokens.Create(hiddenStates, attentionMask, productType);
        Tensor loss = tokens is null ? DifferentiableZero(hiddenStates) : PerSequence(tokens, options).mean().to(hiddenStates.dtype);
        return loss.MoveToOuterDisposeScope();
    }

    private static Tensor PerSequence(RealTokens tokens, DispersionOptions options) => options.Variant switch
    {
        DispersionVariant.AngularSpread => AngularSpreadLoss.PerSequence(tokens, options),
        DispersionVariant.L2Repel => L2RepelLoss.PerSequence(tokens, options),
        DispersionVariant.Decorrelation => DecorrelationLoss.PerSequence(tokens, options),
        DispersionVariant.Orthogonalization => OrthogonalizationLoss.PerSequence(tokens, options),
        DispersionVariant.PerplexityEntropy => PerplexityEntropyLoss.PerSequence(tokens, options),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Variant, $"Unknown dispersion variant {options.Variant}."),
    };

    /// <summary>Zero whatever the states hold: <c>0 * sum</c> would be NaN once the sum overflows.</summary>
    private static Tensor DifferentiableZero(Tensor states) => states.Masked(ones_like(states, dtype: ScalarType.Bool), 0).sum();

    private static void CheckStates(Tensor states)
    {
        if (states.dim() != 3)
        {
            throw new ArgumentException($"Hidden states must have three dimensions [B, L, F]; these have the shape [{string.Join(", ", states.shape)}]. Add the missing batch dimension with unsqueeze(0).", nameof(states));
        }

        if (states.shape[2] < 2)
        {
            throw new ArgumentException($"Hidden states need at least 2 features to have a direction; the shape is [{string.Join(", ", states.shape)}].", nameof(states));
        }

        if (states.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"Hidden states must be Float32 or Float64, these are {states.dtype}: convert them with .to(ScalarType.Float32) first.", nameof(states));
        }
    }

    private static void CheckMask(Tensor states, Tensor? mask)
    {
        if (mask is null)
        {
            return;
        }

        if (mask.dim() != 2 || mask.shape[0] != states.shape[0] || mask.shape[1] != states.shape[1])
        {
            throw new ArgumentException($"The attention mask must be [B, L] = [{states.shape[0]}, {states.shape[1]}] like the hidden states; it is [{string.Join(", ", mask.shape)}].", nameof(mask));
        }

        if (mask.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"The attention mask must be Bool (true = real token), it is {mask.dtype}: convert it with .to(ScalarType.Bool) first.", nameof(mask));
        }

        if (mask.device_type != states.device_type)
        {
            throw new ArgumentException($"The attention mask is on {mask.device_type}, the hidden states on {states.device_type}: move it with .to(hiddenStates.device).", nameof(mask));
        }
    }
}
