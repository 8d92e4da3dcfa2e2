using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The transformer below the head.</summary>
internal sealed class GptNeoXModel : nn.Module, ITransformerTrunk
{
    private readonly ForwardContext _context;
    private readonly GptNeoXConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly EmbeddingTable embed_in;
    private readonly ModuleList<GptNeoXBlock> layers;
    private readonly NormLayer final_layer_norm;

    internal GptNeoXModel(ForwardContext context, GptNeoXConfig config)
        : base(nameof(GptNeoXModel))
    {
        _context = context;
        _config = config;
        _rotary = new RotaryEmbedding(config.RotaryDimensions, config.RopeTheta);
        embed_in = new EmbeddingTable(context, config.VocabularySize, config.HiddenSize);
        layers = new ModuleList<GptNeoXBlock>([.. Enumerable.Range(0, config.LayerCount).Select(_ => new GptNeoXBlock(context, config, _rotary))]);
        final_layer_norm = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        RegisterComponents();
    }

    public BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection, CachedPass? pass)
    {
        var mask = new CausalMask(attentionMask, pass, inputIds.device);
        var positions = _rotary.Tables(inputIds, pass);
        var state = embed_in.ForwardTokens(inputIds, attentionMask);
        state = _context.Drop(state, _context.Dropout(_config.HiddenDropout, training));
        return BlockStack.Run(_context, selection, state, layers, (block, input) => block.Forward(input, mask, positions), final_layer_norm.Forward);
    }

    public EmbeddingTable TokenEmbedding => embed_in;
}
