using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>What all modules of one backbone look at in a forward pass.</summary>
internal sealed class ForwardContext
{
    /// <summary>The number type of matrix products and attention.</summary>
    internal ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>Where dropout masks are drawn from; null switches dropout off.</summary>
    internal Generator? DropoutGenerator { get; set; }

    /// <summary>Replaces every probability of the configuration when set.</summary>
    internal double? DropoutProbability { get; set; }

    /// <summary>Whether blocks keep their inputs alone and run again in the backward pass.</summary>
    internal bool ActivationCheckpointing { get; set; }

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
        var keep = empty(value.shape, dtype: ScalarType.Float32, device: value.device).bernoulli_(1 - probability, DropoutGenerator);
        return value.mul(keep.OverInPlace(1 - probability).to(value.dtype)).MoveToOuterDisposeScope();
    }
}
