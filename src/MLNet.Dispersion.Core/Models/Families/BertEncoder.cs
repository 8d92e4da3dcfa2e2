using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The blocks.</summary>
internal sealed class BertEncoder : nn.Module
{
    private readonly ForwardContext _context;
    private readonly ModuleList<BertBlock> layer;

    internal BertEncoder(ForwardContext context, BertConfig config)
        : base(nameof(BertEncoder))
    {
        _context = context;
        layer = new ModuleList<BertBlock>([.. Enumerable.Range(0, config.LayerCount).Select(_ => new BertBlock(context, config))]);
        RegisterComponents();
    }

    // The norms are inside the blocks: none follows the last.
    internal BackboneOutput Forward(Tensor embeddings, Tensor? allowed, HiddenStateSelection selection) =>
        BlockStack.Run(_context, selection, embeddings, layer, (block, input) => block.Forward(input, allowed), state => state);
}
