using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What LoRA puts beside one weight: <c>s B A x</c>; with DoRA (Liu et al. 2024) each output of <c>(W + s B A) x</c> is scaled as well, so that the rows of the sum have lengths of their own.</summary>
internal sealed class LowRankUpdate : IDisposable
{
    /// <summary>What a row's length is at least, so that rows of zeros stay zeros.</summary>
    private const double LeastNorm = 1e-30;
    private readonly ForwardContext _context;
    private readonly IAdaptable? _layer;
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
        Down = Owned(down);
        Up = Owned(up);
    }

    /// <summary>Takes the matrices and DoRA's lengths, which it then owns.</summary>
    /// <param name="context">The backbone's.</param>
    /// <param name="down">A, <c>[r, in]</c>, float32.</param>
    /// <param name="up">B, <c>[out, r]</c>, float32.</param>
    /// <param name="scale">What the product is multiplied by.</param>
    /// <param name="dropout">On what enters A, in training.</param>
    /// <param name="magnitude">The lengths of the rows of the sum, <c>[out]</c>, float32; null for those of <paramref name="layer"/>'s weight, with which the update begins without effect while B is zero.</param>
    /// <param name="layer">The layer beside whose weight it stands.</param>
    internal LowRankUpdate(ForwardContext context, Tensor down, Tensor up, double scale, double dropout, Tensor? magnitude, IAdaptable layer)
        : this(context, down, up, scale, dropout)
    {
        _layer = layer;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Magnitude = Owned(magnitude ?? Norms(OutputsFirst(layer)).clone());
    }

    /// <summary>What the product of the matrices is multiplied by.</summary>
    internal double Scale => _scale;

    /// <summary>A, <c>[r, in]</c>.</summary>
    internal Parameter Down { get; }

    /// <summary>B, <c>[out, r]</c>.</summary>
    internal Parameter Up { get; }

    /// <summary>DoRA's lengths, <c>[out]</c>; null for plain LoRA.</summary>
    internal Parameter? Magnitude { get; }

    /// <summary>Adds the update to a layer's output.</summary>
    /// <param name="output"><c>[..., out]</c>, in the number type of products.</param>
    /// <param name="input"><c>[..., in]</c>, alike.</param>
    /// <param name="training">Whether the layer is in training mode.</param>
    internal Tensor AddTo(Tensor output, Tensor input, bool training)
    {
        double dropout = training && _context.DropoutGenerator is not null ? _dropout : 0;
        Tensor dropped = _context.Drop(input, dropout);
        Tensor middle = nn.functional.linear(dropped, _context.CastWeight(Down)).Times(_scale);
        Tensor update = nn.functional.linear(middle, _context.CastWeight(Up));
        if (Magnitude is null)
        {
            return output.Plus(update);
        }

        // As PEFT computes it: what dropout takes from the input is taken from the scaled part of W x, too.
        Tensor factor = Magnitude.div(SumNorms());
        Tensor product = dropout > 0 ? nn.functional.linear(dropped, Cast(OutputsFirst(_layer!)))
            : _layer!.Bias is { } bias ? output.Plus(_context.CastWeight(bias).neg())
            : output;
        return output.Plus(product.mul(Cast(factor.Minus(1)))).Plus(update.mul(Cast(factor)));
    }

    /// <summary>The weight with the update in it, computed in float64 and rounded once; a new tensor on the weight's device.</summary>
    internal Tensor Merge(Tensor weight, bool inputsFirst)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor update = Wide(Up).mm(Wide(Down)).Times(_scale);
        Tensor sum = Wide(weight).Plus(inputsFirst ? update.t() : update);
        if (Magnitude is not null)
        {
            Tensor rows = inputsFirst ? sum.t() : sum;
            Tensor scaled = rows.mul(Wide(Magnitude).div(Norms(rows)).unsqueeze(1));
            sum = inputsFirst ? scaled.t() : scaled;
        }

        return sum.to(weight.dtype).contiguous().to(weight.device, copy: true).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
        Magnitude?.Dispose();
    }

    /// <summary>The values in float64 on the CPU.</summary>
    internal static Tensor Wide(Tensor values) => values.detach().cpu().to(ScalarType.Float64);

    private static Parameter Owned(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    private static Tensor OutputsFirst(IAdaptable layer) => layer.InputsFirst ? layer.Weight.detach().t() : layer.Weight.detach();

    /// <summary>The length of each row.</summary>
    private static Tensor Norms(Tensor rows) => rows.Squared().sum(1).sqrt().AtLeast(LeastNorm);

    private Tensor Cast(Tensor values) => _context.Cast(values);

    /// <summary>The lengths of the rows of W + s B A, through which no gradient goes (section 4.3 of DoRA's paper).</summary>
    private Tensor SumNorms()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return Norms(OutputsFirst(_layer!).Plus(Up.mm(Down).Times(_scale))).MoveToOuterDisposeScope();
    }
}
