using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The block's two-layer perceptron.</summary>
internal sealed class Gpt2Mlp : nn.Module
{
    private readonly ForwardContext _context;
    private readonly Gpt2Config _config;
    private readonly Conv1D c_fc;
    private readonly Conv1D c_proj;

    internal Gpt2Mlp(ForwardContext context, Gpt2Config config)
        : base(nameof(Gpt2Mlp))
    {
        _context = context;
        _config = config;
        c_fc = new Conv1D(context, config.HiddenSize, config.InnerSize);
        c_proj = new Conv1D(context, config.InnerSize, config.HiddenSize);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input)
    {
        var inner = c_fc.Forward(input);
        var output = c_proj.Forward(_config.Activation == "gelu" ? nn.functional.gelu(inner) : TanhGelu.Of(inner));
        return _context.Drop(output, _context.Dropout(_config.ResidualDropout, training));
    }
}
