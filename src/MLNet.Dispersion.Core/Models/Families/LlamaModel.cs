using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The transformer below the head.</summary>
internal sealed class LlamaModel : nn.Module, ITransformerTrunk
{
    private readonly ForwardContext _context;
    private readonly RotaryEmbedding _rotary;
    private readonly EmbeddingTable embed_tokens;
    private readonly ModuleList<LlamaBlock> layers;
    private readonly RmsNorm norm;

    internal LlamaModel(ForwardContext context, LlamaConfig config)
        : base(nameof(LlamaModel))
    {
        _context = context;
        _rotary = new RotaryEmbedding(config.HeadSize, config.RopeTheta, config.RopeScaling);
        embed_tokens = new EmbeddingTable(context, config.VocabularySize, config.HiddenSize);
        layers = new ModuleList<LlamaBlock>([.. Enumerable.Range(0, config.LayerCount).Select(_ => new LlamaBlock(context, config, _rotary))]);
        norm = new RmsNorm(config.HiddenSize, config.RmsNormEpsilon);
        RegisterComponents();
    }

    public BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection, CachedPass? pass)
    {
        var mask = new CausalMask(attentionMask, pass, inputIds.device);
        var positions = _rotary.Tables(inputIds, pass);
        var state = embed_tokens.ForwardTokens(inputIds, attentionMask);
        return BlockStack.Run(_context, selection, state, layers, (block, input) => block.Forward(input, mask, positions), norm.Forward);
    }

    public EmbeddingTable TokenEmbedding => embed_tokens;
}
