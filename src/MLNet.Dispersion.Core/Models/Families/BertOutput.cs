using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What ends a branch: a projection, the residual, and the norm behind both.</summary>
internal sealed class BertOutput : nn.Module
{
    private readonly ForwardContext _context;
    private readonly BertConfig _config;
    private readonly ProjectionLayer dense;
    private readonly NormLayer LayerNorm;

    internal BertOutput(ForwardContext context, BertConfig config, long inputs)
        : base(nameof(BertOutput))
    {
        _context = context;
        _config = config;
        dense = new ProjectionLayer(context, inputs, config.HiddenSize, hasBias: true);
        LayerNorm = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor branch, Tensor residual)
    {
        Tensor projected = _context.Drop(dense.Forward(branch), _context.Dropout(_config.HiddenDropout, training));
        return LayerNorm.Forward(residual.Plus(projected));
    }
}
