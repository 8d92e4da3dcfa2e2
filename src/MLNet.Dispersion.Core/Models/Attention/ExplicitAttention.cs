using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Causal attention on the processor as plain matrix products around one pass of our own over the scores, forward and backward.</summary>
/// <remarks>
/// <para>
/// The fused kernel of libtorch 2.10 multiplies small tiles by a library that knows neither bfloat16 nor every processor: at 256 tokens it takes several times as long
/// as batched products of whole heads. Here the score matrix is turned into probabilities, and its gradient into that of the scores, in place and below the diagonal only.
/// Long sequences' probabilities are made again in the backward pass instead of being kept.
/// </para>
/// <para>It can be differentiated once. Stateless, hence thread-safe.</para>
/// </remarks>
internal sealed class ExplicitAttention : autograd.SingleTensorFunction<ExplicitAttention>
{
    /// <summary>Up to this many tokens probabilities are kept for the backward pass.</summary>
    private const long LongestKept = 256;

    /// <inheritdoc/>
    public override string Name => nameof(ExplicitAttention);

    /// <summary>Whether it can work on these and is the faster way: on the processor, in bfloat16, or in float32 where a gradient is wanted.</summary>
    internal static bool Reaches(Tensor query, Tensor key, Tensor value) =>
        query.device_type == DeviceType.CPU && key.dtype == query.dtype && value.dtype == query.dtype
        && (query.dtype == ScalarType.BFloat16 || (query.dtype == ScalarType.Float32 && WantsGradient(query, key, value)))
        && query.shape[0] * query.shape[1] * query.shape[2] * query.shape[2] * query.element_size() <= int.MaxValue;

    /// <summary>Attends: all of <c>[B, H, L, D]</c>. Call it inside a dispose scope.</summary>
    /// <param name="query">Queries.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="mask">Who may look at whom.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="dropout">Laid on the probabilities <c>[B H, L, L]</c>, and again in the backward pass; null for none.</param>
    internal static Tensor Apply(Tensor query, Tensor key, Tensor value, CausalMask mask, double scale, DropoutMask? dropout = null) =>
        apply(query, key, value, mask.Lengths!, scale, dropout!, WantsGradient(query, key, value));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (query, key, value) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var (lengths, scale, dropout, wantsGradient) = ((int[]?)vars[3], (double)vars[4], (DropoutMask?)vars[5], (bool)vars[6]);
        using var scope = NewDisposeScope();
        Tensor queries = Heads(query), keys = Heads(key), values = Heads(value);
        Tensor probabilities = CausalSoftmax.Forward(queries.bmm(keys.transpose(1, 2)), lengths, scale);
        Tensor result = Dropped(probabilities, dropout).bmm(values).view(query.shape);
        if (wantsGradient)
        {
            // The graph takes its own references once this method has returned; the caller's scope then lets go of these.
            Tensor[] kept = query.shape[2] <= LongestKept ? [queries, keys, values, probabilities] : [queries, keys, values];
            ctx.save_for_backward([.. kept.Select(tensor => tensor.MoveToOuterDisposeScope())]);
            ctx.save_data(nameof(lengths), lengths!);
            ctx.save_data(nameof(scale), scale);
            ctx.save_data(nameof(dropout), dropout!);
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var lengths = (int[]?)ctx.get_data("lengths");
        double scale = (double)ctx.get_data("scale");
        var dropout = (DropoutMask?)ctx.get_data("dropout");
        var (queries, keys, values) = (saved[0], saved[1], saved[2]);
        Tensor outer = Heads(grad_output.to(queries.dtype));
        Tensor probabilities = saved.Count > 3 ? saved[3] : CausalSoftmax.Forward(queries.bmm(keys.transpose(1, 2)), lengths, scale);
        Tensor valueGradient = Dropped(probabilities, dropout).transpose(1, 2).bmm(outer);
        Tensor probabilityGradient = outer.bmm(values.transpose(1, 2));
        Tensor scoreGradient = CausalSoftmax.Backward(probabilities, dropout?.InPlace(probabilityGradient) ?? probabilityGradient, lengths, scale);
        Tensor queryGradient = scoreGradient.bmm(keys);
        Tensor keyGradient = scoreGradient.transpose(1, 2).bmm(queries);
        long[] shape = grad_output.shape;
        GC.KeepAlive(grad_output);
        return
        [
            queryGradient.view(shape).MoveToOuterDisposeScope(),
            keyGradient.view(shape).MoveToOuterDisposeScope(),
            valueGradient.view(shape).MoveToOuterDisposeScope(),
            null!,
            null!,
            null!,
            null!,
        ];
    }

    private static Tensor Dropped(Tensor probabilities, DropoutMask? dropout) => dropout?.Of(probabilities) ?? probabilities;

    private static bool WantsGradient(Tensor query, Tensor key, Tensor value) => is_grad_enabled() && (query.requires_grad || key.requires_grad || value.requires_grad);

    /// <summary><c>[B, H, L, D]</c> to <c>[B H, L, D]</c>, one head behind the other.</summary>
    private static Tensor Heads(Tensor parts) => parts.contiguous().flatten(0, 1);
}

/// <summary>Softmax over what each position may look at, and its gradient, in the scores' own memory.</summary>
internal static class CausalSoftmax
{
    private const int RowsOfARange = 256;

    /// <summary>Turns scores into probabilities, in place.</summary>
    /// <param name="scores"><c>[B H, L, L]</c>, float32 or bfloat16, contiguous.</param>
    /// <param name="lengths">The real tokens of each of B sequences, on the left; null when all are.</param>
    /// <param name="scale">What scores are multiplied by first.</param>
    /// <returns>The same tensor: zero where nothing may be looked at.</returns>
    internal static Tensor Forward(Tensor scores, int[]? lengths, double scale) => scores.dtype == ScalarType.BFloat16
        ? Forward<ushort, BFloatLanes>(scores, lengths, (float)scale)
        : Forward<float, FloatLanes>(scores, lengths, (float)scale);

    /// <summary>Turns the gradient of the probabilities into that of the unscaled scores, in place.</summary>
    /// <param name="probabilities">From <see cref="Forward(Tensor, int[], double)"/>.</param>
    /// <param name="gradient">Of the probabilities, alike.</param>
    /// <param name="lengths">As there.</param>
    /// <param name="scale">As there.</param>
    internal static Tensor Backward(Tensor probabilities, Tensor gradient, int[]? lengths, double scale) => gradient.dtype == ScalarType.BFloat16
        ? Backward<ushort, BFloatLanes>(probabilities, gradient, lengths, (float)scale)
        : Backward<float, FloatLanes>(probabilities, gradient, lengths, (float)scale);

    private static Tensor Forward<T, TLanes>(Tensor scores, int[]? lengths, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (count, width) = Shape(scores);
        ParallelRanges.Run(count * width, RowsOfARange, (_, first, rows) =>
        {
            Span<T> entries = TLanes.Entries(scores);
            for (int row = first; row < first + rows; row++)
            {
                Span<T> values = entries.Slice(row * width, width);
                int visible = Visible(row, count, width, lengths);
                Probabilities<T, TLanes>(values[..visible], scale);
                values[visible..].Clear();
            }
        });
        return scores;
    }

    private static Tensor Backward<T, TLanes>(Tensor probabilities, Tensor gradient, int[]? lengths, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        var (count, width) = Shape(gradient);
        ParallelRanges.Run(count * width, RowsOfARange, (_, first, rows) =>
        {
            Span<T> entries = TLanes.Entries(gradient);
            Span<T> shares = TLanes.Entries(probabilities);
            for (int row = first; row < first + rows; row++)
            {
                Span<T> slopes = entries.Slice(row * width, width);
                int visible = Visible(row, count, width, lengths);
                ScoreSlopes<T, TLanes>(shares.Slice(row * width, visible), slopes[..visible], scale);
                slopes[visible..].Clear();
            }
        });
        return gradient;
    }

    private static (int Count, int Width) Shape(Tensor matrices) => ((int)matrices.shape[0], (int)matrices.shape[2]);

    /// <summary>How many entries of a row may be looked at: those up to the diagonal that are no pads.</summary>
    private static int Visible(int row, int count, int width, int[]? lengths)
    {
        int causal = (row % width) + 1;
        return lengths is null ? causal : Math.Min(causal, lengths[row / width / (count / lengths.Length)]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Probabilities<T, TLanes>(Span<T> scores, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> extreme = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            extreme = Vector512.Max(extreme, Lanes.Within(TLanes.Load(scores, i) * scale, scores.Length - i, float.NegativeInfinity));
        }

        Vector512<float> largest = Vector512.Create(Lanes.Largest(extreme));
        Vector512<float> sum = default;
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            sum += Lanes.Exp(Lanes.Within(TLanes.Load(scores, i) * scale, scores.Length - i, float.NegativeInfinity) - largest);
        }

        float share = 1 / Vector512.Sum(sum);
        for (int i = 0; i < scores.Length; i += Lanes.Width)
        {
            TLanes.Store(Lanes.Exp((TLanes.Load(scores, i) * scale) - largest) * share, scores, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ScoreSlopes<T, TLanes>(ReadOnlySpan<T> probabilities, Span<T> slopes, float scale)
        where T : unmanaged
        where TLanes : struct, ILanes<T>
    {
        Vector512<float> sum = default;
        for (int i = 0; i < slopes.Length; i += Lanes.Width)
        {
            sum += TLanes.Load(probabilities, i) * TLanes.Load(slopes, i);
        }

        Vector512<float> mean = Vector512.Create(Vector512.Sum(sum));
        for (int i = 0; i < slopes.Length; i += Lanes.Width)
        {
            TLanes.Store(TLanes.Load(probabilities, i) * (TLanes.Load(slopes, i) - mean) * scale, slopes, i);
        }
    }
}
