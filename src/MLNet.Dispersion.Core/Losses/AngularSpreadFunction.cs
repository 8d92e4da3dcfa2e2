using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Angular spread as one differentiable operation in closed form.</summary>
/// <remarks>
/// <para>
/// With <c>W = exp(-D / tau)</c> over the pairs of a sequence and S its sum, the loss depends on a cosine c by <c>W / (S pi tau sqrt(1 - c^2))</c>, c taken at the clamp
/// for saturated pairs (straight through). That matrix times the unit rows, twice for its symmetry, is the gradient of the rows; the norm's share is taken off in the backward pass.
/// So one product serves the value and one the gradient (plain autograd needs three), both while the pair matrix is in the cache; it is worked on in place, in few passes,
/// and only the gradient of the rows, as large as the states, waits for the backward pass: no <c>[L, L]</c> tensor does.
/// </para>
/// <para>It can be differentiated once. Stateless, hence thread-safe.</para>
/// </remarks>
internal sealed class AngularSpreadFunction : autograd.SingleTensorFunction<AngularSpreadFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(AngularSpreadFunction);

    /// <summary>The loss of each sequence, <c>[S]</c>, float64. Call it inside a dispose scope, which also ends what the graph does not keep.</summary>
    public static Tensor Apply(RealTokens tokens, DispersionOptions options) =>
        apply(tokens.Unmasked, tokens, options, is_grad_enabled() && tokens.Unmasked.requires_grad);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (tokens, options, wantsGradient) = ((RealTokens)vars[1], (DispersionOptions)vars[2], (bool)vars[3]);
        using var scope = NewDisposeScope();
        bool reachable = TensorMemory.IsReachable(tokens.Unmasked, ScalarType.Float32) && (tokens.Mask is null || TensorMemory.IsReachable(tokens.Mask, ScalarType.Bool));
        (Tensor logSums, Tensor? gradient, AngularSpreadBackward? backward) = !reachable ? ByTorch(tokens, options, wantsGradient)
            : tokens.ProductType == ScalarType.BFloat16 ? ByKernel<ushort, BFloatLanes>(tokens, options, wantsGradient)
            : ByKernel<float, FloatLanes>(tokens, options, wantsGradient);
        if (gradient is not null)
        {
            // The graph takes its own references once this method has returned; the caller's scope then lets go of this one.
            ctx.save_for_backward([gradient.MoveToOuterDisposeScope(), tokens.Unmasked]);
            ctx.save_data(nameof(AngularSpreadBackward), backward ?? TimesOuter);
        }

        Tensor loss = logSums.Plus(options.Epsilon) - tokens.PairCounts.log();
        return loss.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        using Tensor gradient = saved[0];
        using Tensor states = saved[1];
        Tensor result = ((AngularSpreadBackward)ctx.get_data(nameof(AngularSpreadBackward)))(states, gradient, grad_output).MoveToOuterDisposeScope();
        GC.KeepAlive(grad_output);
        return [result, null!, null!, null!];
    }

    /// <summary>The logarithm of each sequence's sum, <c>[S]</c>, the gradient of the rows, and how it becomes that of the states.</summary>
    private static (Tensor LogSums, Tensor? Gradient, AngularSpreadBackward? Backward) ByKernel<T, TLanes>(RealTokens tokens, DispersionOptions options, bool wantsGradient)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        bool[]? real = tokens.Mask is null ? null : TensorMemory.Bools(tokens.Mask).ToArray();
        var (rows, norms) = AngularSpreadKernel<T, TLanes>.UnitRows(tokens.Unmasked, real, options.Epsilon);
        Tensor weights = rows.bmm(rows.transpose(1, 2));
        double limit = PairwiseGeometry.ClampLimit(options.ClampThreshold, ScalarType.Float32);
        (double Sum, double Shift)[] sums = AngularSpreadKernel<T, TLanes>.Weigh(weights, real, limit, options.TauCos);
        Tensor logSums = tensor(sums.Select(part => Math.Log(part.Sum) + part.Shift).ToArray());
        if (!wantsGradient)
        {
            return (logSums, null, null);
        }

        double[] factors = [.. sums.Select(part => 2 / (Math.PI * options.TauCos * part.Sum))];
        return (logSums, weights.bmm(rows), (states, gradient, outer) => AngularSpreadKernel<T, TLanes>.StateGradients(
            states, real, norms, gradient, [.. factors.Zip(outer.to(ScalarType.Float64).data<double>().ToArray(), (factor, one) => (float)(factor * one))], options.Epsilon));
    }

    private static Tensor TimesOuter(Tensor states, Tensor gradient, Tensor outer) => gradient * outer.to(gradient.dtype).view(-1, 1, 1);

    /// <summary>The pass in torch's own operations, for GPUs and float64; the gradient is that of the states already.</summary>
    private static (Tensor LogSums, Tensor? Gradient, AngularSpreadBackward? Backward) ByTorch(RealTokens tokens, DispersionOptions options, bool wantsGradient)
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
            return (logSums, null, null);
        }

        Tensor slopes = cosines.mul_(cosines).neg_().PlusInPlace(1).rsqrt_();
        Tensor rowGradients = weights.mul_(slopes).bmm(rows).mul_(sums.reciprocal().TimesInPlace(2 / (Math.PI * options.TauCos)));
        return (logSums, StateGradients(tokens.States, norms, scales, rowGradients), null);
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

    /// <summary>From the gradient that was kept to that of the states, <c>[S, L, F]</c>.</summary>
    /// <param name="states">Unmasked, <c>[S, L, F]</c>.</param>
    /// <param name="gradient">What was kept; must stay as it is.</param>
    /// <param name="outer">The gradient of the loss of each sequence, <c>[S]</c>.</param>
    private delegate Tensor AngularSpreadBackward(Tensor states, Tensor gradient, Tensor outer);
}
