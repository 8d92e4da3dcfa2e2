using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Copies of weights in another number type, each made when it is first asked for, so that scoring does not convert the same weights in every pass.</summary>
/// <remarks>Thread-safe, except that nobody may use a copy while <see cref="Drop"/> runs.</remarks>
internal sealed class WeightCopies
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Parameter, Tensor> _copies = new(ReferenceEqualityComparer.Instance);

    /// <summary>The weight in a number type; it stays this object's.</summary>
    internal Tensor Of(Parameter weight, ScalarType type)
    {
        lock (_gate)
        {
            if (!_copies.TryGetValue(weight, out Tensor? copy) || copy.dtype != type)
            {
                copy?.Dispose();
                copy = weight.to(type).DetachFromDisposeScope();
                _copies[weight] = copy;
            }

            return copy;
        }
    }

    /// <summary>Frees the copies: the weights are about to change, or to go.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            foreach (Tensor copy in _copies.Values)
            {
                copy.Dispose();
            }

            _copies.Clear();
        }
    }
}
