namespace MLNet.Dispersion.Models;

/// <summary>Layers of different kinds: those that see all tokens before them, and those that see a window.</summary>
internal static class LayerKinds
{
    internal const string Full = "full_attention";
    internal const string Sliding = "sliding_attention";

    /// <summary>Which layers have a window: as <c>layer_types</c> says, else by their number.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="count">Layers.</param>
    /// <param name="otherwise">Whether the layer of a number, from 0, has one where there is no such key.</param>
    internal static bool[] Windowed(ConfigReader config, int count, Func<int, bool> otherwise)
    {
        if (config.Words("layer_types", [Full, Sliding]) is not { } kinds)
        {
            return [.. Enumerable.Range(0, count).Select(otherwise)];
        }

        return kinds.Count == count
            ? [.. kinds.Select(kind => kind == Sliding)]
            : throw config.Wrong("layer_types", $"has {kinds.Count} entries; num_hidden_layers is {count}");
    }

    /// <summary>The spec with layers that see the window and others, where any does.</summary>
    internal static TransformerSpec WithWindows(this TransformerSpec spec, bool[] windowed, int? window) => window is null || !windowed.Contains(true)
        ? spec
        : spec.WithAttention(layer => spec.Block.Attention with { Window = windowed[layer] ? window : null });

    /// <summary>The spec with an attention for each layer.</summary>
    internal static TransformerSpec WithAttention(this TransformerSpec spec, Func<int, AttentionSpec> attention)
    {
        BlockSpec[] blocks = [.. Enumerable.Range(0, spec.LayerCount).Select(layer => spec.Block with { Attention = attention(layer) })];
        return blocks.Distinct().Count() == 1 ? spec with { Block = blocks[0] } : spec with { Blocks = blocks };
    }
}
