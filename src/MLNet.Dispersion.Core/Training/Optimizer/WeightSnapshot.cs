using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A copy of parameters' values, to go back to the best epoch.</summary>
internal sealed class WeightSnapshot : IDisposable
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly List<Tensor> _values = [];

    internal WeightSnapshot(IEnumerable<Parameter> parameters) => _parameters = [.. parameters];

    /// <summary>Whether there is anything to go back to.</summary>
    internal bool Taken => _values.Count > 0;

    /// <summary>The copied values, in the parameters' order; empty before the first. They stay this object's.</summary>
    internal IReadOnlyList<Tensor> Values => _values;

    /// <summary>Copies the current values, over those of an earlier call.</summary>
    internal void Take()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (int i = 0; i < _parameters.Count; i++)
        {
            if (i < _values.Count)
            {
                _values[i].copy_(_parameters[i]);
            }
            else
            {
                _values.Add(_parameters[i].detach().clone().DetachFromDisposeScope());
            }
        }
    }

    /// <summary>Writes the copied values back.</summary>
    internal void Restore()
    {
        using var noGradient = no_grad();
        for (int i = 0; i < _values.Count; i++)
        {
            _parameters[i].copy_(_values[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.ForEach(value => value.Dispose());
        _values.Clear();
    }
}
