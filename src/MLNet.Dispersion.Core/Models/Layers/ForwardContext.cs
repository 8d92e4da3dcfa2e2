using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What all modules of one backbone look at in a forward pass.</summary>
internal sealed class ForwardContext
{
    private ScalarType _computeType = ScalarType.Float32;

    /// <summary>The number type of matrix products and attention: this thread's own where it has chosen one (<see cref="ComputeIn"/>).</summary>
    internal ScalarType ComputeType
    {
        get => ComputeTypeScope.Of(this) ?? _computeType;
        set => _computeType = value;
    }

    /// <summary>The weights as passes inside <see cref="ComputeIn"/> read them, without gradients.</summary>
    internal WeightCopies Copies { get; } = new();

    /// <summary>The matrices that are in blocks instead of their parameters.</summary>
    internal BlockWeights Blocks { get; } = new();

    /// <summary>Where dropout masks are drawn from; null switches dropout off.</summary>
    internal Generator? DropoutGenerator { get; set; }

    /// <summary>Replaces every probability of the configuration when set.</summary>
    internal double? DropoutProbability { get; set; }

    /// <summary>What is added to token embeddings in training; null for nothing.</summary>
    internal EmbeddingNoise? EmbeddingNoise { get; set; }

    /// <summary>Whether blocks keep their inputs alone and run again in the backward pass.</summary>
    internal bool ActivationCheckpointing { get; set; }

    /// <summary>Chooses the number type of this thread's passes until the scope ends; converted weights are kept from one pass to the next.</summary>
    internal ComputeTypeScope ComputeIn(ScalarType type) => new(this, type);

    /// <summary>A weight in the number type of products; itself when it has it already.</summary>
    internal Tensor CastWeight(Parameter weight)
    {
        ScalarType type = ComputeType;
        if (weight.dtype == type)
        {
            return weight;
        }

        return ComputeTypeScope.Of(this) is not null && !is_grad_enabled() ? Copies.Of(weight, type) : weight.to(type);
    }

    /// <summary>A linear layer's products, in the number type of products.</summary>
    /// <param name="input"><c>[..., in]</c>, in that type.</param>
    /// <param name="weight">The layer's matrix.</param>
    /// <param name="bias">What is added, or null.</param>
    /// <param name="isInputsFirst">Whether the matrix is stored <c>[in, out]</c>.</param>
    internal Tensor Linear(Tensor input, Parameter weight, Parameter? bias = null, bool isInputsFirst = false)
    {
        Tensor? added = bias is null ? null : CastWeight(bias);
        if (Blocks.Of(weight) is not { } blocks)
        {
            Tensor matrix = CastWeight(weight);
            return nn.functional.linear(input, isInputsFirst ? matrix.t() : matrix, added);
        }

        // Freed at once: a pass must not gather the values of all layers.
        using Tensor values = blocks.Values();
        using Tensor narrow = values.to(ComputeType);
        return nn.functional.linear(input, narrow, added);
    }

    /// <summary>The tensor in the number type of products; itself when it has it already.</summary>
    internal Tensor Cast(Tensor value) => value.dtype == ComputeType ? value : value.to(ComputeType);

    /// <summary>The probability in force.</summary>
    internal double Dropout(double configured, bool training) =>
        training && DropoutGenerator is not null ? DropoutProbability ?? configured : 0;

    /// <summary>Zeroes entries at random and scales the rest up; does nothing at probability 0.</summary>
    internal Tensor Drop(Tensor value, double probability)
    {
        if (probability == 0)
        {
            return value;
        }

        using var scope = NewDisposeScope();
        if (DropoutMask.Reaches(value.contiguous()))
        {
            return MaskedDropout.Apply(value.contiguous(), DropoutMask.Draw(DropoutGenerator, probability)).MoveToOuterDisposeScope();
        }

        var keep = empty(value.shape, dtype: ScalarType.Float32, device: value.device).bernoulli_(1 - probability, DropoutGenerator);
        return value.mul(keep.OverInPlace(1 - probability).to(value.dtype)).MoveToOuterDisposeScope();
    }
}

/// <summary>Lets the current thread's forward passes of one backbone multiply in a number type of their own until it is disposed, on the same thread; those of other threads go on as they were.</summary>
internal readonly struct ComputeTypeScope : IDisposable
{
    [ThreadStatic]
    private static (ForwardContext Context, ScalarType Type)? _current;

    private readonly (ForwardContext Context, ScalarType Type)? _outer;

    internal ComputeTypeScope(ForwardContext context, ScalarType type)
    {
        _outer = _current;
        _current = (context, type);
    }

    /// <summary>The type that this thread has chosen for a backbone; null when it has chosen none.</summary>
    internal static ScalarType? Of(ForwardContext context) => _current is { } current && ReferenceEquals(current.Context, context) ? current.Type : null;

    public void Dispose() => _current = _outer;
}

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
