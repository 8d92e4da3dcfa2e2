using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Copies of weights in other number types and forms, each made when it is first asked for, so that scoring does not convert the same weights in every pass.</summary>
/// <remarks>Thread-safe, except that nobody may use a copy while <see cref="Drop"/> runs.</remarks>
internal sealed class WeightCopies
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Parameter, Dictionary<ScalarType, Tensor>> _copies = new(ReferenceEqualityComparer.Instance);

    /// <summary>The weight in a number type; it stays this object's.</summary>
    internal Tensor Of(Parameter weight, ScalarType type) => Of(weight, type, values => values.to(type));

    /// <summary>The weight in a form of its own; it stays this object's.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="type">The number type of that form, which no other form has.</param>
    /// <param name="make">Makes it.</param>
    internal Tensor Of(Parameter weight, ScalarType type, Func<Parameter, Tensor> make)
    {
        lock (_gate)
        {
            if (!_copies.TryGetValue(weight, out Dictionary<ScalarType, Tensor>? forms))
            {
                forms = _copies[weight] = [];
            }

            if (!forms.TryGetValue(type, out Tensor? copy))
            {
                copy = forms[type] = make(weight).DetachFromDisposeScope();
            }

            return copy;
        }
    }

    /// <summary>Frees the copies: the weights are about to change, or to go.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            foreach (Tensor copy in _copies.Values.SelectMany(forms => forms.Values))
            {
                copy.Dispose();
            }

            _copies.Clear();
        }
    }
}
