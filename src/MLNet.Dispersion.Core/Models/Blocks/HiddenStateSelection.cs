namespace MLNet.Dispersion.Models;

/// <summary>Which hidden states a forward pass keeps. Index 0 is the embedding output, 1..N the block outputs, the last one after the final norm.</summary>
/// <remarks>Keeping fewer saves memory: in training every kept state lives until the backward pass. Immutable and thread-safe.</remarks>
public sealed class HiddenStateSelection
{
    private readonly HashSet<int>? _indices;

    private HiddenStateSelection(HashSet<int>? indices) => _indices = indices;

    /// <summary>Gets the selection that keeps none but the last hidden state, which every forward pass returns.</summary>
    public static HiddenStateSelection None { get; } = new([]);

    /// <summary>Gets the selection that keeps all N + 1.</summary>
    public static HiddenStateSelection All { get; } = new(null);

    /// <summary>Keep these.</summary>
    /// <param name="indices">Hidden-state indices, 0..N; those beyond the backbone's last are ignored.</param>
    public static HiddenStateSelection Of(IEnumerable<int> indices) => new([.. indices]);

    /// <summary>Whether the hidden state of this index is kept.</summary>
    /// <param name="index">0..N.</param>
    public bool Includes(int index) => _indices is null || _indices.Contains(index);
}
