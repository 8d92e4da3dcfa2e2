using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The transformer below the head.</summary>
internal sealed class Gpt2Model : nn.Module, ITransformerTrunk
{
    private readonly ForwardContext _context;
    private readonly Gpt2Config _config;
    private readonly EmbeddingTable wte;
    private readonly EmbeddingTable wpe;
    private readonly ModuleList<Gpt2Block> h;
    private readonly NormLayer ln_f;

    internal Gpt2Model(ForwardContext context, Gpt2Config config)
        : base(nameof(Gpt2Model))
    {
        _context = context;
        _config = config;
        wte = new EmbeddingTable(context, config.VocabularySize, config.HiddenSize);
        wpe = new EmbeddingTable(context, config.ContextLength, config.HiddenSize);
        h = new ModuleList<Gpt2Block>([.. Enumerable.Range(0, config.LayerCount).Select(layer => new Gpt2Block(context, config, layer))]);
        ln_f = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        RegisterComponents();
    }

    public BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection, CachedPass? pass)
    {
        var mask = new CausalMask(attentionMask, pass, inputIds.device);
        var state = wte.ForwardTokens(inputIds, attentionMask).Plus(pass is null ? wpe.First(inputIds.shape[1]) : wpe.Forward(pass.Positions(inputIds.device)));
        state = _context.Drop(state, _context.Dropout(_config.EmbeddingDropout, training));
        return BlockStack.Run(_context, selection, state, h, (block, input) => block.Forward(input, mask), ln_f.Forward);
    }

    public EmbeddingTable TokenEmbedding => wte;
}
