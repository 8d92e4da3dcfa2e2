using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A linear layer that the checkpoint keeps one level down, under <c>dense</c>.</summary>
internal sealed class BertDense : nn.Module
{
    private readonly ProjectionLayer dense;

    internal BertDense(ForwardContext context, long inputs, long outputs)
        : base(nameof(BertDense))
    {
        dense = new ProjectionLayer(context, inputs, outputs, hasBias: true);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input) => dense.Forward(input);
}
