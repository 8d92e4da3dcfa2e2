using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The gated perceptron (SwiGLU).</summary>
internal sealed class LlamaMlp : nn.Module
{
    private readonly ProjectionLayer gate_proj;
    private readonly ProjectionLayer up_proj;
    private readonly ProjectionLayer down_proj;

    internal LlamaMlp(ForwardContext context, LlamaConfig config)
        : base(nameof(LlamaMlp))
    {
        gate_proj = new ProjectionLayer(context, config.HiddenSize, config.InnerSize, config.MlpBias);
        up_proj = new ProjectionLayer(context, config.HiddenSize, config.InnerSize, config.MlpBias);
        down_proj = new ProjectionLayer(context, config.InnerSize, config.HiddenSize, config.MlpBias);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input) => down_proj.Forward(nn.functional.silu(gate_proj.Forward(input)).mul(up_proj.Forward(input)));
}
