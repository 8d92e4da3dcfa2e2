namespace MLNet.Dispersion;

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
