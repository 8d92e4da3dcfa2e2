using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One transformer block, attention and perceptron side by side (Pythia) or one after the other.</summary>
internal sealed class GptNeoXBlock : nn.Module
{
    private readonly ForwardContext _context;
    private readonly GptNeoXConfig _config;
    private readonly NormLayer input_layernorm;
    private readonly NormLayer post_attention_layernorm;
    private readonly GptNeoXAttention attention;
    private readonly GptNeoXMlp mlp;

    internal GptNeoXBlock(ForwardContext context, GptNeoXConfig config, RotaryEmbedding rotary)
        : base(nameof(GptNeoXBlock))
    {
        _context = context;
        _config = config;
        input_layernorm = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        post_attention_layernorm = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        attention = new GptNeoXAttention(context, config, rotary);
        mlp = new GptNeoXMlp(context, config);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask, (Tensor Cosine, Tensor Sine) positions)
    {
        double dropout = _context.Dropout(_config.HiddenDropout, training);
        var middle = input.Plus(_context.Drop(attention.Forward(input_layernorm.Forward(input), mask, positions), dropout));
        var looked = _config.ParallelResidual ? input : middle;
        return middle.Plus(_context.Drop(mlp.Forward(post_attention_layernorm.Forward(looked)), dropout));
    }
}
