namespace MLNet.Dispersion;

/// <summary>What a <see cref="LayerSelection"/> means for a backbone of a given depth.</summary>
public static class LayerSelectionExtensions
{
    /// <summary>The hidden states that a selection looks at, in ascending order; at least one.</summary>
    /// <param name="selection">The selection.</param>
    /// <param name="layerCount">Transformer blocks of the backbone (N), at least 1.</param>
    /// <returns>Indices in Hugging Face convention, from 1 to N: block outputs, the last one after the final norm. The embedding output (0) is never among them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no block, or the selection is none of the named ones.</exception>
    public static IReadOnlyList<int> HiddenStateIndices(this LayerSelection selection, int layerCount)
    {
        if (layerCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(layerCount), layerCount, $"A backbone of {layerCount} blocks has no block output to select; at least 1 is needed.");
        }

        int early = Math.Max(1, layerCount / 2);
        return selection switch
        {
            LayerSelection.All => [.. Enumerable.Range(1, layerCount)],
            LayerSelection.Last => [layerCount],
            LayerSelection.EarlyHalf => [.. Enumerable.Range(1, early)],
            LayerSelection.LateHalf => layerCount == 1 ? [1] : [.. Enumerable.Range(early + 1, layerCount - early)],
            _ => throw new ArgumentOutOfRangeException(nameof(selection), selection, $"Unknown layer selection {selection}; use one of {string.Join(", ", Enum.GetNames<LayerSelection>())}."),
        };
    }
}
