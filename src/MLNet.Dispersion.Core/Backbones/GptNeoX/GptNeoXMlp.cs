using MLNet.Dispersion.Backbones.Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.GptNeoX;

/// <summary>The block's two-layer perceptron.</summary>
internal sealed class GptNeoXMlp : nn.Module
{
    private readonly GELU.Approximate _approximation;
    private readonly ProjectionLayer dense_h_to_4h;
    private readonly ProjectionLayer dense_4h_to_h;

    internal GptNeoXMlp(ForwardContext context, GptNeoXConfig config)
        : base(nameof(GptNeoXMlp))
    {
        _approximation = config.Activation == "gelu" ? GELU.Approximate.none : GELU.Approximate.tanh;
        dense_h_to_4h = new ProjectionLayer(context, config.HiddenSize, config.InnerSize, hasBias: true);
        dense_4h_to_h = new ProjectionLayer(context, config.InnerSize, config.HiddenSize, hasBias: true);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input) => dense_4h_to_h.Forward(nn.functional.gelu(dense_h_to_4h.Forward(input), _approximation));
}
