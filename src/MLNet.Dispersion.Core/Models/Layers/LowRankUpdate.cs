using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What LoRA puts beside one weight: <c>s B A x</c>.</summary>
internal sealed class LowRankUpdate : IDisposable
{
    private readonly ForwardContext _context;
    private readonly double _scale;
    private readonly double _dropout;

    /// <summary>Takes the matrices, which it then owns.</summary>
    /// <param name="context">The backbone's.</param>
    /// <param name="down">A, <c>[r, in]</c>, float32.</param>
    /// <param name="up">B, <c>[out, r]</c>, float32.</param>
    /// <param name="scale">What the product is multiplied by.</param>
    /// <param name="dropout">On what enters A, in training.</param>
    internal LowRankUpdate(ForwardContext context, Tensor down, Tensor up, double scale, double dropout)
    {
        _context = context;
        _scale = scale;
        _dropout = dropout;
        Down = new Parameter(down);
        Up = new Parameter(up);
        Down.DetachFromDisposeScope();
        Up.DetachFromDisposeScope();
    }

    /// <summary>A, <c>[r, in]</c>.</summary>
    internal Parameter Down { get; }

    /// <summary>B, <c>[out, r]</c>.</summary>
    internal Parameter Up { get; }

    /// <summary>Adds the update to a layer's output.</summary>
    /// <param name="output"><c>[..., out]</c>, in the number type of products.</param>
    /// <param name="input"><c>[..., in]</c>, alike.</param>
    /// <param name="training">Whether the layer is in training mode.</param>
    internal Tensor AddTo(Tensor output, Tensor input, bool training)
    {
        Tensor dropped = _context.Drop(input, training && _context.DropoutGenerator is not null ? _dropout : 0);
        Tensor middle = nn.functional.linear(dropped, _context.CastWeight(Down)).Times(_scale);
        return output.Plus(nn.functional.linear(middle, _context.CastWeight(Up)));
    }

    /// <summary>The weight with the update in it, computed in float64 and rounded once; a new tensor on the weight's device.</summary>
    internal Tensor Merge(Tensor weight, bool inputsFirst)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor update = Wide(Up).mm(Wide(Down)).Times(_scale);
        Tensor merged = Wide(weight).Plus(inputsFirst ? update.t() : update).to(weight.dtype);
        return merged.contiguous().to(weight.device, copy: true).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }

    private static Tensor Wide(Tensor values) => values.detach().cpu().to(ScalarType.Float64);
}
