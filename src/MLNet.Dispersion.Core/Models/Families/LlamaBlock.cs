using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One transformer block, norms first.</summary>
internal sealed class LlamaBlock : nn.Module
{
    private readonly RmsNorm input_layernorm;
    private readonly LlamaAttention self_attn;
    private readonly RmsNorm post_attention_layernorm;
    private readonly LlamaMlp mlp;

    internal LlamaBlock(ForwardContext context, LlamaConfig config, RotaryEmbedding rotary)
        : base(nameof(LlamaBlock))
    {
        input_layernorm = new RmsNorm(config.HiddenSize, config.RmsNormEpsilon);
        self_attn = new LlamaAttention(context, config, rotary);
        post_attention_layernorm = new RmsNorm(config.HiddenSize, config.RmsNormEpsilon);
        mlp = new LlamaMlp(context, config);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask, (Tensor Cosine, Tensor Sine) positions)
    {
        var middle = input.Plus(self_attn.Forward(input_layernorm.Forward(input), mask, positions));
        return middle.Plus(mlp.Forward(post_attention_layernorm.Forward(middle)));
    }
}
