using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One transformer block, norms first.</summary>
internal sealed class Gpt2Block : nn.Module
{
    private readonly NormLayer ln_1;
    private readonly Gpt2Attention attn;
    private readonly NormLayer ln_2;
    private readonly Gpt2Mlp mlp;

    internal Gpt2Block(ForwardContext context, Gpt2Config config, int layer)
        : base(nameof(Gpt2Block))
    {
        ln_1 = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        attn = new Gpt2Attention(context, config, layer);
        ln_2 = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        mlp = new Gpt2Mlp(context, config);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask)
    {
        var middle = input.Plus(attn.Forward(ln_1.Forward(input), mask));
        return middle.Plus(mlp.Forward(ln_2.Forward(middle)));
    }
}
