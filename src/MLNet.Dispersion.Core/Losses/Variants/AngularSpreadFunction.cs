using MLNet.Dispersion.Geometry;
using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Losses.Variants;

/// <summary>Angular spread as one differentiable operation: value and gradient in closed form, computed together in the forward pass.</summary>
/// <remarks>
/// <para>
/// With <c>W = exp(-D / tau)</c> over the pairs of a sequence and S its sum, the loss depends on a cosine c by <c>W / (S pi tau sqrt(1 - c^2))</c>, c taken at the clamp
/// for saturated pairs (straight through). That matrix times the unit rows, twice for its symmetry, is the gradient of the rows; the norm's share is taken off afterwards.
/// So one product serves the value and one the gradient (plain autograd needs three), the pair matrices are worked on in place, in few passes,
/// and only the gradient, as large as the states, waits for the backward pass: no <c>[L, L]</c> tensor does.
/// </para>
/// <para>It can be differentiated once. Stateless, hence thread-safe.</para>
/// </remarks>
internal sealed class AngularSpreadFunction : autograd.SingleTensorFunction<AngularSpreadFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(AngularSpreadFunction);

    /// <summary>The loss of each sequence, <c>[S]</c>, float64. Call it inside a dispose scope, which also ends what the graph does not keep.</summary>
    public static Tensor Apply(RealTokens tokens, DispersionOptions options) =>
        apply(tokens.States, tokens, options, is_grad_enabled() && tokens.States.requires_grad);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (tokens, options, wantsGradient) = ((RealTokens)vars[1], (DispersionOptions)vars[2], (bool)vars[3]);
        using var scope = NewDisposeScope();
        bool reachable = TensorMemory.IsReachable(tokens.States, ScalarType.Float32) && (tokens.Mask is null || TensorMemory.IsReachable(tokens.Mask, ScalarType.Bool));
        (Tensor logSums, Tensor? gradient) = !reachable ? ByTorch(tokens, options, wantsGradient)
            : tokens.ProductType == ScalarType.BFloat16 ? ByKernel<ushort, BFloatLanes>(tokens, options, wantsGradient)
            : ByKernel<float, FloatLanes>(tokens, options, wantsGradient);
        if (gradient is not null)
        {
            // The graph takes its own reference once this method has returned; the caller's scope then lets go of this one.
            ctx.save_for_backward([gradient.MoveToOuterDisposeScope()]);
        }

        Tensor loss = logSums.Plus(options.Epsilon) - tokens.PairCounts.log();
        return loss.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using Tensor gradient = ctx.get_saved_variables()[0];
        Tensor result = (gradient * grad_output.to(gradient.dtype).view(-1, 1, 1)).MoveToOuterDisposeScope();
        GC.KeepAlive(grad_output);
        return [result, null!, null!, null!];
    }

    /// <summary>The logarithm of each sequence's sum, <c>[S]</c>, and the gradient of the states.</summary>
    private static (Tensor LogSums, Tensor? Gradient) ByKernel<T, TLanes>(RealTokens tokens, DispersionOptions options, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (rows, norms) = AngularSpreadKernel<T, TLanes>.UnitRows(tokens.States, options.Epsilon);
        Tensor weights = rows.bmm(rows.transpose(1, 2));
        double limit = PairwiseGeometry.ClampLimit(options.ClampThreshold, ScalarType.Float32);
        (double Sum, double Shift)[] sums = AngularSpreadKernel<T, TLanes>.Weigh(weights, tokens.Mask, limit, options.TauCos);
        Tensor logSums = tensor(sums.Select(part => Math.Log(part.Sum) + part.Shift).ToArray());
        if (!wantsGradient)
        {
            return (logSums, null);
        }

        float[] factors = [.. sums.Select(part => (float)(2 / (Math.PI * options.TauCos * part.Sum)))];
        return (logSums, AngularSpreadKernel<T, TLanes>.StateGradients(tokens.States, norms, weights.bmm(rows), factors, options.Epsilon));
    }

    /// <summary>The same in torch's own operations, for GPUs and float64.</summary>
    private static (Tensor LogSums, Tensor? Gradient) ByTorch(RealTokens tokens, DispersionOptions options, bool wantsGradient)
    {
        Tensor norms = tokens.States.norm(2, keepdim: true, p: 2f);
        Tensor scales = Reciprocal(norms.Plus(options.Epsilon));
        Tensor rows = tokens.States * scales;
        double limit = PairwiseGeometry.ClampLimit(options.ClampThreshold, rows.dtype);
        Tensor cosines = rows.bmm(rows.transpose(1, 2)).ClampInPlace(-limit, limit);

        // Logits minus their largest, so that no temperature makes all of them underflow.
        Tensor weights = cosines.acos().TimesInPlace(-1 / (Math.PI * options.TauCos)).MaskInPlace(tokens.NoPair, double.NegativeInfinity);
        Tensor largest = weights.amax([1, 2], keepdim: true);
        weights.sub_(largest).exp_();
        Tensor sums = weights.sum([1, 2], keepdim: true);
        Tensor logSums = sums.log().Plus(largest).view(-1);
        if (!wantsGradient)
        {
            return (logSums, null);
        }

        Tensor slopes = cosines.mul_(cosines).neg_().PlusInPlace(1).rsqrt_();
        Tensor rowGradients = weights.mul_(slopes).bmm(rows).mul_(sums.reciprocal().TimesInPlace(2 / (Math.PI * options.TauCos)));
        return (logSums, StateGradients(tokens.States, norms, scales, rowGradients));
    }

    /// <summary>From the gradient g of <c>u = z r</c>, <c>r = 1 / (|z| + eps)</c>, to that of z: <c>r (g - z (g.z) r / |z|)</c>. Works in place on g.</summary>
    private static Tensor StateGradients(Tensor states, Tensor norms, Tensor scales, Tensor rowGradients)
    {
        // The norm of a zero row has gradient 0, and so has (g.z) / tiny.
        double tiny = finfo(states.dtype).tiny;
        Tensor radial = (rowGradients * states).sum(2, keepdim: true).mul_(scales).div_(norms.AtLeast(tiny));
        return rowGradients.PlusProductInPlace(states, radial, -1).mul_(scales);
    }

    /// <summary>1 / x, and 0 for 0: a zero row with epsilon 0 has no direction.</summary>
    private static Tensor Reciprocal(Tensor denominators) => denominators.reciprocal().MaskInPlace(denominators.Is(0), 0);
}
