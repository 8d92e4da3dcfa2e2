using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>One text through a backbone, for the sake of its hidden states.</summary>
internal static class HiddenStatePass
{
    /// <summary>Runs the text alone, without gradients, and lends its hidden states.</summary>
    /// <param name="backbone">The backbone, in evaluation mode.</param>
    /// <param name="tokens">Token ids, 1..context length.</param>
    /// <param name="text">How errors name the text.</param>
    /// <param name="use">Takes hidden states 0..N, each <c>[n, F]</c> float32, which are disposed afterwards.</param>
    /// <exception cref="ArgumentException">A token id is outside the backbone's vocabulary.</exception>
    public static void Run(LanguageBackbone backbone, ReadOnlySpan<int> tokens, string text, Action<IReadOnlyList<Tensor>> use)
    {
        int vocabulary = backbone.Info.VocabularySize;
        foreach (int token in tokens)
        {
            if (token < 0 || token >= vocabulary)
            {
                throw new ArgumentException($"The token id {token} in {text} is outside the backbone's vocabulary 0..{vocabulary - 1}. Use the tokenizer that belongs to this backbone.", nameof(tokens));
            }
        }

        using var inside = ExitGate.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        BackboneOutput output = new ForwardPass(backbone).Read(TokenBatch.Pad([tokens.ToArray()], padId: 0), HiddenStateSelection.All).States;
        use([.. output.HiddenStates.Select(state => state!.squeeze(0))]);
    }
}

/// <summary>The error for a hidden state that has no geometry.</summary>
internal static class NonFiniteState
{
    /// <summary>Names layer and text.</summary>
    /// <param name="hiddenState">The layer's index, 0..N.</param>
    /// <param name="text">Which text, such as <c>text 3 (counted from 0)</c>.</param>
    public static NonFiniteStateException Error(int hiddenState, string text) => new(
        $"Hidden state {hiddenState} of {text} holds NaN or infinity, so its geometry is undefined. "
        + "The model's weights are damaged, training diverged, or values overflowed in a reduced precision: measure in Float32, or use an earlier checkpoint.");

    /// <summary>The usual name of a text.</summary>
    /// <param name="index">Its place among those passed in, from 0.</param>
    public static string Text(long index) => FormattableString.Invariant($"text {index} (counted from 0)");
}
