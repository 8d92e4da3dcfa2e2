using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Runs the blocks and keeps the hidden states that were asked for; the last block's raw output is replaced by the final norm's.</summary>
internal static class BlockStack
{
    /// <summary>From embeddings to the final norm's output.</summary>
    /// <param name="context">Whether blocks are checkpointed.</param>
    /// <param name="selection">Which hidden states to keep.</param>
    /// <param name="embeddings">Hidden state 0, <c>[B, L, F]</c>.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="run">Applies a block to a state.</param>
    /// <param name="norm">The final norm.</param>
    internal static BackboneOutput Run<TBlock>(
        ForwardContext context,
        HiddenStateSelection selection,
        Tensor embeddings,
        IList<TBlock> blocks,
        Func<TBlock, Tensor, Tensor> run,
        Func<Tensor, Tensor> norm)
    {
        var kept = new Tensor?[blocks.Count + 1];
        var state = embeddings;
        for (int layer = 0; layer < blocks.Count; layer++)
        {
            kept[layer] = selection.Includes(layer) ? state : null;

            // What the graph does not keep of a block ends with it.
            using var scope = NewDisposeScope();
            TBlock block = blocks[layer];
            state = context.ActivationCheckpointing && is_grad_enabled() && state.requires_grad
                ? RecomputedBlock.Run(state, input => run(block, input), context.DropoutGenerator).MoveToOuterDisposeScope()
                : run(block, state).MoveToOuterDisposeScope();
        }

        var last = norm(state);
        kept[^1] = selection.Includes(blocks.Count) ? last : null;
        return new BackboneOutput(last, kept);
    }
}
