using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>Cross-entropy of a language-model head, <c>logits = hidden x weight^T</c>, that never holds the logits of all positions.</summary>
/// <remarks>
/// <para>
/// Positions are taken in chunks. While a chunk's logits are there they are turned, in place, into their own gradient (softmax minus one-hot), and the
/// two products of the backward pass are made from it at once: so nothing is computed twice, and only the gradients of hidden states and weight wait for the backward pass.
/// </para>
/// <para>It can be differentiated once. Stateless, hence thread-safe.</para>
/// </remarks>
internal sealed class HeadCrossEntropy : autograd.SingleTensorFunction<HeadCrossEntropy>
{
    /// <summary>The target of a position that does not count.</summary>
    internal const long Ignored = -100;

    /// <summary>The most memory for the logits of a chunk.</summary>
    private const long ChunkBytes = 128L << 20;

    /// <inheritdoc/>
    public override string Name => nameof(HeadCrossEntropy);

    /// <summary>The sum of the counted positions' losses in nats: a scalar of the hidden states' type. Call it inside a dispose scope.</summary>
    /// <param name="hidden">Final hidden states, <c>[N, F]</c>.</param>
    /// <param name="weight">The head, <c>[V, F]</c>.</param>
    /// <param name="targets">Token ids, <c>[N]</c>, int64, or <see cref="Ignored"/>.</param>
    /// <param name="computeType">In which products are made and logits held.</param>
    internal static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets, ScalarType computeType)
    {
        long width = computeType == ScalarType.BFloat16 ? 2 : 4;
        return Sum(hidden, weight, targets, computeType, Math.Max(1, ChunkBytes / (weight.shape[0] * width)));
    }

    /// <summary>The same in chunks of at most so many positions.</summary>
    internal static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets, ScalarType computeType, long chunk) =>
        apply(hidden, weight, targets, computeType, chunk, is_grad_enabled() && (hidden.requires_grad || weight.requires_grad));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (hidden, weight, targets) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var (computeType, most, wantsGradient) = ((ScalarType)vars[3], (long)vars[4], (bool)vars[5]);
        using var scope = NewDisposeScope();
        Tensor narrowHidden = hidden.to(computeType);
        Tensor narrowWeight = weight.to(computeType);
        long positions = hidden.shape[0];
        long chunks = Math.Max(1, (positions + most - 1) / most);
        long rows = (positions + chunks - 1) / chunks;
        Tensor? hiddenGradient = wantsGradient ? empty_like(hidden) : null;
        Tensor? weightGradient = null;
        double sum = 0;
        for (long start = 0; start < positions; start += rows)
        {
            using var part = NewDisposeScope();
            long count = Math.Min(rows, positions - start);
            Tensor states = narrowHidden.narrow(0, start, count);
            Tensor logits = states.mm(narrowWeight.t());
            (double loss, Tensor slopes) = SoftmaxGradient.Of(logits, targets.narrow(0, start, count), wantsGradient);
            sum += loss;
            if (hiddenGradient is not null)
            {
                hiddenGradient.narrow(0, start, count).copy_(slopes.mm(narrowWeight));
                weightGradient = AddUp(weightGradient, slopes.t().mm(states), chunks > 1 ? weight.dtype : computeType);
            }
        }

        if (hiddenGradient is not null)
        {
            // The graph takes its own reference once this method has returned; the caller's scope then lets go of these.
            ctx.save_for_backward([hiddenGradient.MoveToOuterDisposeScope(), (weightGradient ?? zeros_like(weight)).MoveToOuterDisposeScope()]);
        }

        return tensor(sum, dtype: hidden.dtype, device: hidden.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        Tensor hidden = saved[0].mul(grad_output).MoveToOuterDisposeScope();
        double factor = grad_output.to(ScalarType.Float64).item<double>();
        Tensor weight = Widened(saved[1], factor, hidden.dtype).MoveToOuterDisposeScope();
        GC.KeepAlive(grad_output);
        return [hidden, weight, null!, null!, null!, null!];
    }

    private static Tensor AddUp(Tensor? sum, Tensor part, ScalarType type) =>
        sum is null ? part.to(type).MoveToOuterDisposeScope() : sum.PlusInPlace(part);

    /// <summary>The values times a number in a wider type: bfloat16 on the processor in one pass.</summary>
    private static Tensor Widened(Tensor values, double factor, ScalarType type)
    {
        if (type != ScalarType.Float32 || !TensorMemory.IsReachable(values, ScalarType.BFloat16))
        {
            return values.to(type).Times(factor);
        }

        Tensor wide = empty(values.shape, ScalarType.Float32);
        ParallelRanges.Run((int)values.numel(), 1 << 16, (_, start, count) =>
        {
            ReadOnlySpan<ushort> from = TensorMemory.BFloats(values).Slice(start, count);
            Span<float> to = TensorMemory.Floats(wide).Slice(start, count);
            for (int i = 0; i < count; i += Lanes.Width)
            {
                Lanes.Store(Lanes.Load(from, i) * (float)factor, to, i);
            }
        });
        return wide;
    }
}
