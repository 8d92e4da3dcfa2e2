using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The block's two-layer perceptron.</summary>
internal sealed class GptNeoXMlp : nn.Module
{
    private readonly bool _isExact;
    private readonly ProjectionLayer dense_h_to_4h;
    private readonly ProjectionLayer dense_4h_to_h;

    internal GptNeoXMlp(ForwardContext context, GptNeoXConfig config)
        : base(nameof(GptNeoXMlp))
    {
        _isExact = config.Activation == "gelu";
        dense_h_to_4h = new ProjectionLayer(context, config.HiddenSize, config.InnerSize, hasBias: true);
        dense_4h_to_h = new ProjectionLayer(context, config.InnerSize, config.HiddenSize, hasBias: true);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input)
    {
        var inner = dense_h_to_4h.Forward(input);
        return dense_4h_to_h.Forward(_isExact ? nn.functional.gelu(inner) : TanhGelu.Of(inner));
    }
}
