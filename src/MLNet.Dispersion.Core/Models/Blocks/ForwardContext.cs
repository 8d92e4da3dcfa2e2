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
