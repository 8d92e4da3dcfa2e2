using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>GPT-2's activation, <c>x / 2 (1 + tanh(u))</c> with <c>u = sqrt(2 / pi) (x + 0.044715 x^3)</c>, which is <c>x / (1 + exp(-2u))</c>: one exponential instead of a hyperbolic tangent.</summary>
/// <remarks>It can be differentiated once. Stateless, hence thread-safe.</remarks>
internal sealed class TanhGelu : autograd.SingleTensorFunction<TanhGelu>
{
    private const int Grain = 1 << 14;
    private const float Cubic = 0.044715f;
    private const float Slope = 0.7978845608f;
    private const double CubicElsewhere = 0.044715;
    private const double SlopeElsewhere = 0.79788456080286536;

    /// <inheritdoc/>
    public override string Name => nameof(TanhGelu);

    /// <summary>Of any shape; on a processor in one pass of our own. Call it inside a dispose scope.</summary>
    internal static Tensor Of(Tensor input) => apply(input, is_grad_enabled() && input.requires_grad);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        Tensor result;
        if (!IsOneOfOurs(input))
        {
            result = ActivateElsewhere(input);
        }
        else if (input.dtype == ScalarType.BFloat16)
        {
            result = empty_like(input);
            Forward<ushort, BFloatLanes>(input, result);
        }
        else
        {
            result = empty_like(input);
            Forward<float, FloatLanes>(input, result);
        }

        if ((bool)vars[1])
        {
            ctx.save_for_backward([input]);
        }

        return result;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using Tensor input = ctx.get_saved_variables()[0];
        if (!IsOneOfOurs(input))
        {
            return [DifferentiateElsewhere(input, grad_output), null!];
        }

        using Tensor upstream = grad_output.contiguous();
        Tensor result = empty_like(input);
        if (input.dtype == ScalarType.BFloat16)
        {
            Backward<ushort, BFloatLanes>(input, upstream, result);
        }
        else
        {
            Backward<float, FloatLanes>(input, upstream, result);
        }

        GC.KeepAlive(grad_output);
        return [result, null!];
    }

    private static bool IsOneOfOurs(Tensor input) => TensorMemory.IsReachable(input, ScalarType.BFloat16) || TensorMemory.IsReachable(input, ScalarType.Float32);

    // TorchSharp has this form of gelu from 0.107.0 on, and the products are to be built with 0.106.0 too. Short types are computed in
    // float32, as torch does, and only the input is kept for the gradient.
    private static Tensor ActivateElsewhere(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Widened(input);
        return GateElsewhere(x).mul_(x).to(input.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor DifferentiateElsewhere(Tensor input, Tensor upstream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Widened(input);
        Tensor gate = GateElsewhere(x);
        Tensor inner = x.Squared().TimesInPlace(3 * CubicElsewhere).PlusInPlace(1).TimesInPlace(2 * SlopeElsewhere);
        Tensor bend = inner.mul_(x).mul_(gate).mul_(gate.neg().PlusInPlace(1));
        return gate.PlusInPlace(bend).mul_(Widened(upstream)).to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>1 / (1 + exp(-2u)).</summary>
    private static Tensor GateElsewhere(Tensor x) => x.Squared().TimesInPlace(CubicElsewhere).PlusInPlace(1).mul_(x).TimesInPlace(2 * SlopeElsewhere).sigmoid_();

    private static Tensor Widened(Tensor values) => values.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? values.to(ScalarType.Float32) : values;

    private static void Forward<T, TLanes>(Tensor input, Tensor result)
        where T : unmanaged
        where TLanes : struct, ILanes<T> =>
        ParallelRanges.Run((int)input.numel(), Grain, (_, start, count) => Activate<T, TLanes>(
            TLanes.Entries(input).Slice(start, count), TLanes.Entries(result).Slice(start, count)));

    private static void Backward<T, TLanes>(Tensor input, Tensor upstream, Tensor result)
        where T : unmanaged
        where TLanes : struct, ILanes<T> =>
        ParallelRanges.Run((int)input.numel(), Grain, (_, start, count) => Differentiate<T, TLanes>(
            TLanes.Entries(input).Slice(start, count), TLanes.Entries(upstream).Slice(start, count), TLanes.Entries(result).Slice(start, count)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Activate<T, TLanes>(ReadOnlySpan<T> input, Span<T> result)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        for (int i = 0; i < input.Length; i += Lanes.Width)
        {
            Vector512<float> x = TLanes.Load(input, i);
            TLanes.Store(x * Gate(x), result, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Differentiate<T, TLanes>(ReadOnlySpan<T> input, ReadOnlySpan<T> upstream, Span<T> result)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        for (int i = 0; i < input.Length; i += Lanes.Width)
        {
            Vector512<float> x = TLanes.Load(input, i);
            Vector512<float> gate = Gate(x);
            Vector512<float> inner = (Vector512<float>.One + (x * x * (3 * Cubic))) * (2 * Slope);
            TLanes.Store(TLanes.Load(upstream, i) * (gate + (x * inner * gate * (Vector512<float>.One - gate))), result, i);
        }
    }

    /// <summary>1 / (1 + exp(-2u)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gate(Vector512<float> x) =>
        Vector512<float>.One / (Vector512<float>.One + Lanes.Exp((x + (x * x * x * Cubic)) * (-2 * Slope)));
}
