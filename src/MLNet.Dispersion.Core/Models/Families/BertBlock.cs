using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One transformer block, norms behind.</summary>
internal sealed class BertBlock : nn.Module
{
    private readonly BertConfig _config;
    private readonly BertAttention attention;
    private readonly BertDense intermediate;
    private readonly BertOutput output;

    internal BertBlock(ForwardContext context, BertConfig config)
        : base(nameof(BertBlock))
    {
        _config = config;
        attention = new BertAttention(context, config);
        intermediate = new BertDense(context, config.HiddenSize, config.InnerSize);
        output = new BertOutput(context, config, config.InnerSize);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, Tensor? allowed)
    {
        Tensor middle = attention.Forward(input, allowed);
        Tensor inner = intermediate.Forward(middle);
        return output.Forward(_config.Activation == "gelu" ? nn.functional.gelu(inner) : TanhGelu.Of(inner), middle);
    }
}
