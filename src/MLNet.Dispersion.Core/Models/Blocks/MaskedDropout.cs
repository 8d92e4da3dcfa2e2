using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Dropout on the processor in one pass each way, which keeps nothing for the backward pass but the mask's two keys.</summary>
/// <remarks>It can be differentiated once. Stateless, hence thread-safe.</remarks>
internal sealed class MaskedDropout : autograd.SingleTensorFunction<MaskedDropout>
{
    /// <inheritdoc/>
    public override string Name => nameof(MaskedDropout);

    /// <summary>Lays a mask on values that it reaches. Call it inside a dispose scope.</summary>
    internal static Tensor Apply(Tensor values, DropoutMask mask) => apply(values, mask);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (values, mask) = ((Tensor)vars[0], (DropoutMask)vars[1]);
        ctx.save_data(nameof(mask), mask);
        return mask.Of(values);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using Tensor upstream = grad_output.contiguous();
        Tensor result = ((DropoutMask)ctx.get_data("mask")).Of(upstream);
        GC.KeepAlive(grad_output);
        return [result, null!];
    }
}
