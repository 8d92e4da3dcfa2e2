using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The one way of a batch of tokens through a backbone: which tensors go in, in which mode, with or without gradients.</summary>
/// <remarks>
/// Reading may run concurrently where the backbone is in evaluation mode already. All tensors belong to the caller's dispose scope.
/// The number type of products is the backbone's, or what the caller's thread has chosen (<see cref="ForwardContext.ComputeIn"/>).
/// </remarks>
/// <param name="backbone">The backbone.</param>
/// <param name="device">Where it is.</param>
internal sealed class ForwardPass(LanguageBackbone backbone, Device device)
{
    /// <summary>Padded tokens of one pass of a sweep whose last states alone are kept: large enough to fill the cores, small enough for any memory.</summary>
    private const int TokensPerPass = 4096;
    private const int RowsPerPass = 64;

    /// <summary>What a pass costs beside its tokens, in tokens: at 384 features about 30 in float32 and 100 in bfloat16, less for larger models.</summary>
    private const int PassCost = 64;

    internal ForwardPass(LanguageBackbone backbone)
        : this(backbone, backbone.parameters().FirstOrDefault()?.device ?? CPU)
    {
    }

    /// <summary>Where the backbone is.</summary>
    internal Device Device { get; } = device;

    /// <summary>The rows of each pass of a sweep over sequences of these lengths.</summary>
    internal static IReadOnlyList<int[]> Sweep(IReadOnlyList<int> lengths) => LengthSortedPasses.Cheapest(lengths, TokensPerPass, RowsPerPass, PassCost);

    /// <summary>A pass with gradients, in the mode that the backbone is in: what a training step runs.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    internal PassOutput Train(TokenBatch batch, HiddenStateSelection hiddenStates)
    {
        using var inside = ExitGate.Enter();
        return Run(batch, batch.AttentionMaskTensor(Device), hiddenStates);
    }

    /// <summary>A pass without gradients in evaluation mode. Pads get no mask where real tokens are out of their reach anyway.</summary>
    /// <remarks>A sweep over a backbone in training should hold an <see cref="EvaluationMode"/> around all its passes, since switching takes time.</remarks>
    /// <param name="batch">The tokens.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    internal PassOutput Read(TokenBatch batch, HiddenStateSelection hiddenStates)
    {
        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        using var evaluation = new EvaluationMode(backbone);
        return Run(batch, backbone.NeedsPaddingMask ? batch.AttentionMaskTensor(Device) : null, hiddenStates);
    }

    /// <summary>Reads on behind the tokens in a cache and adds the new ones to it, without gradients in evaluation mode.</summary>
    /// <param name="cache">The backbone's.</param>
    /// <param name="batch">The new tokens of each row.</param>
    /// <returns>The final states of the new tokens, <c>[B, L, F]</c>, float32.</returns>
    internal Tensor ReadOn(KeyValueCache cache, TokenBatch batch)
    {
        using var inside = ExitGate.Enter();
        using var evaluation = new EvaluationMode(backbone);
        return backbone.Continue(cache, batch.InputIdsTensor(Device), batch.AttentionMaskTensor(Device));
    }

    private PassOutput Run(TokenBatch batch, Tensor? mask, HiddenStateSelection hiddenStates)
    {
        Tensor inputIds = batch.InputIdsTensor(Device);
        BackboneOutput states = batch.Texts(Device) is { } texts
            ? backbone.ForwardPacked(inputIds, mask, texts, hiddenStates)
            : backbone.Forward(inputIds, mask, batch.TokenTypeIdsTensor(Device), hiddenStates);
        return new PassOutput(states, inputIds, mask);
    }
}

/// <summary>What went in and what came out.</summary>
/// <param name="States">The hidden states.</param>
/// <param name="InputIds">The token ids, <c>[B, L]</c>, int64.</param>
/// <param name="Mask">Which of them are real, <c>[B, L]</c>, bool; null when all are, or the backbone had no need to know.</param>
internal sealed record PassOutput(BackboneOutput States, Tensor InputIds, Tensor? Mask);
