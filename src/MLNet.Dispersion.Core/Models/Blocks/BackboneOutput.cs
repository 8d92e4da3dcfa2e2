using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What a forward pass returns. The tensors belong to the dispose scope in which the pass ran.</summary>
public sealed class BackboneOutput
{
    /// <summary>Creates the output.</summary>
    /// <param name="lastHiddenState">The final norm's output, <c>[B, L, F]</c>.</param>
    /// <param name="hiddenStates">N + 1 entries, null where not asked for.</param>
    public BackboneOutput(Tensor lastHiddenState, IReadOnlyList<Tensor?> hiddenStates)
    {
        LastHiddenState = lastHiddenState;
        HiddenStates = hiddenStates;
    }

    /// <summary>Gets the final norm's output, <c>[B, L, F]</c>, float32: the input of the head.</summary>
    public Tensor LastHiddenState { get; }

    /// <summary>Gets the hidden states by index 0..N, each <c>[B, L, F]</c> float32; null where the selection left it out. Entry N is <see cref="LastHiddenState"/>.</summary>
    public IReadOnlyList<Tensor?> HiddenStates { get; }
}
