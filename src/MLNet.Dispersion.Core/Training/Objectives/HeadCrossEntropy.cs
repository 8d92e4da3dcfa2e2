using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Cross-entropy of a language-model head, <c>logits = hidden x weight^T</c>, that never holds the logits of all positions.</summary>
/// <remarks>
/// <para>
/// Positions are taken in chunks. While a chunk's logits are there they are turned, in place, into their own gradient (softmax minus one-hot), and the
/// two products of the backward pass are made from it at once: so nothing is computed twice, and only the gradients of hidden states and weight wait for the backward pass.
/// </para>
/// <para>
/// The weight's gradient becomes its <c>grad</c>, or is added to it, by the backward pass itself, since automatic differentiation would hold two more copies (154 MB each for GPT-2).
/// To that end the weight is no input of the graph's node; a number that nobody reads hangs the node into the graph where hidden states have no gradient.
/// </para>
/// <para>It can be differentiated once, and by <c>backward()</c> alone. Stateless, hence thread-safe.</para>
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
    /// <param name="weight">The head, <c>[V, F]</c>, a leaf.</param>
    /// <param name="targets">Token ids, <c>[N]</c>, int64, or <see cref="Ignored"/>.</param>
    /// <param name="computeType">In which products are made and logits held.</param>
    internal static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets, ScalarType computeType) =>
        Sum(hidden, weight, targets, computeType, ChunkOf(weight, computeType));

    /// <summary>The loss in chunks of at most so many positions.</summary>
    internal static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets, ScalarType computeType, long chunk) =>
        Sum(hidden, weight, (logits, start, wantsGradient) => SoftmaxGradient.Of(logits, targets.narrow(0, start, logits.shape[0]), wantsGradient), computeType, chunk);

    /// <summary>The head's product in chunks, with a loss of one's own.</summary>
    internal static Tensor Sum(Tensor hidden, Tensor weight, HeadLoss loss, ScalarType computeType, long chunk)
    {
        bool hasGradient = is_grad_enabled();
        bool wantsWeight = hasGradient && weight.requires_grad;
        return apply(hidden, zeros(1).requires_grad_(wantsWeight), new StrongBox<Tensor>(weight), loss, computeType, chunk, hasGradient && hidden.requires_grad, wantsWeight);
    }

    /// <summary>The positions whose logits fit into the memory of a chunk.</summary>
    internal static long ChunkOf(Tensor weight, ScalarType type) =>
        Math.Max(1, ChunkBytes / (weight.shape[0] * (type == ScalarType.BFloat16 ? 2 : 4)));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (hidden, weight, loss) = ((Tensor)vars[0], (StrongBox<Tensor>)vars[2], (HeadLoss)vars[3]);
        var (computeType, most, wantsHidden, wantsWeight) = ((ScalarType)vars[4], (long)vars[5], (bool)vars[6], (bool)vars[7]);
        using var scope = NewDisposeScope();
        Tensor narrowHidden = hidden.to(computeType);
        Tensor narrowWeight = weight.Value!.to(computeType);
        long positions = hidden.shape[0];
        long chunks = Math.Max(1, (positions + most - 1) / most);
        long rows = (positions + chunks - 1) / chunks;
        Tensor? hiddenGradient = wantsHidden ? empty_like(hidden) : null;
        Tensor? weightGradient = null;
        double sum = 0;
        for (long start = 0; start < positions; start += rows)
        {
            using var chunkScope = NewDisposeScope();
            long count = Math.Min(rows, positions - start);
            Tensor states = narrowHidden.narrow(0, start, count);
            Tensor logits = states.mm(narrowWeight.t());
            (double part, Tensor slopes) = loss(logits, start, wantsHidden || wantsWeight);
            sum += part;
            hiddenGradient?.narrow(0, start, count).copy_(slopes.mm(narrowWeight));
            if (wantsWeight)
            {
                weightGradient = AddUp(weightGradient, slopes.t().mm(states), chunks > 1 ? weight.Value!.dtype : computeType);
            }
        }

        if (wantsHidden || wantsWeight)
        {
            // The graph takes its own reference once this method has returned; the caller's scope then lets go of this one.
            ctx.save_for_backward(hiddenGradient is null ? [] : [hiddenGradient.MoveToOuterDisposeScope()]);
            ctx.save_data(nameof(LeafGradient), new LeafGradient(weight.Value!, weightGradient));
        }

        return tensor(sum, dtype: hidden.dtype, device: hidden.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        double factor = grad_output.to(ScalarType.Float64).item<double>();
        ((LeafGradient)ctx.get_data(nameof(LeafGradient))).AddTo(factor);
        Tensor? hidden = null;
        if (ctx.get_saved_variables() is [var saved])
        {
            hidden = saved.mul(grad_output).MoveToOuterDisposeScope();
            saved.Dispose();
        }

        GC.KeepAlive(grad_output);
        return [hidden!, null!, null!, null!, null!, null!, null!, null!];
    }

    private static Tensor AddUp(Tensor? sum, Tensor part, ScalarType type) =>
        sum is null ? part.to(type).MoveToOuterDisposeScope() : sum.PlusInPlace(part);
}

/// <summary>A loss of some rows of logits, with its gradient.</summary>
/// <param name="logits">Rows of logits, <c>[n, V]</c>; may be overwritten.</param>
/// <param name="start">The position that the first row belongs to.</param>
/// <param name="wantsGradient">Whether the gradient is wanted.</param>
/// <returns>The sum of the rows' losses, and its gradient, of the logits' type.</returns>
internal delegate (double Sum, Tensor Slopes) HeadLoss(Tensor logits, long start, bool wantsGradient);

/// <summary>A gradient that waits for the number it is to be multiplied by, and then becomes a leaf's <c>grad</c> in its own memory or is added to it.</summary>
internal sealed class LeafGradient
{
    private const int Grain = 1 << 16;
    private readonly Tensor _leaf;
    private Tensor? _waiting;

    /// <summary>Keeps it.</summary>
    /// <param name="leaf">Whose.</param>
    /// <param name="gradient">Of the leaf's shape, of its type or a narrower one; this object takes it out of its dispose scope. Null when there is none.</param>
    internal LeafGradient(Tensor leaf, Tensor? gradient)
    {
        _leaf = leaf;
        _waiting = gradient?.DetachFromDisposeScope();
    }

    /// <summary>Multiplies it and hands it over. Once.</summary>
    internal void AddTo(double factor)
    {
        if (_waiting is null)
        {
            return;
        }

        using var noGradient = no_grad();
        Tensor gradient = _waiting;
        _waiting = null;
        if (_leaf.grad is { } sum)
        {
            Add(sum, gradient, factor);
            gradient.Dispose();
        }
        else if (gradient.dtype == _leaf.dtype)
        {
            // The leaf's grad is another handle to the same memory.
            _leaf.grad = gradient.TimesInPlace(factor);
            gradient.Dispose();
        }
        else
        {
            using Tensor wide = zeros_like(_leaf);
            Add(wide, gradient, factor);
            _leaf.grad = wide;
            gradient.Dispose();
        }
    }

    /// <summary>sum += gradient x factor; bfloat16 into float32 on the processor in one pass.</summary>
    private static void Add(Tensor sum, Tensor gradient, double factor)
    {
        if (!TensorMemory.IsReachable(sum, ScalarType.Float32) || !TensorMemory.IsReachable(gradient, ScalarType.BFloat16))
        {
            sum.PlusInPlace(gradient, factor);
            return;
        }

        ParallelRanges.Run((int)gradient.numel(), Grain, (_, start, count) => Add(
            TensorMemory.Floats(sum).Slice(start, count),
            TensorMemory.BFloats(gradient).Slice(start, count),
            (float)factor));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Add(Span<float> sum, ReadOnlySpan<ushort> gradient, float factor)
    {
        for (int i = 0; i < sum.Length; i += Lanes.Width)
        {
            Lanes.Store(Lanes.Load(sum, i) + (Lanes.Load(gradient, i) * factor), sum, i);
        }
    }
}
