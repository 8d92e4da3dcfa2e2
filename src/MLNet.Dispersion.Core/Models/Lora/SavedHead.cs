using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The head of a task that an adapter of PEFT brings along (modules_to_save), such as <c>classifier</c> or <c>score</c>: tensors that the backbone has no place for, kept under the names of the file.</summary>
/// <remarks>Disposing frees them.</remarks>
internal sealed class SavedHead : IDisposable
{
    private const string Weight = ".weight";
    private const string Bias = ".bias";
    private readonly Dictionary<string, Parameter> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _former = new(StringComparer.Ordinal);

    /// <summary>Its tensors by their names in the file.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Parameters => _parameters.Select(pair => (pair.Key, pair.Value));

    /// <summary>What the file says of the head as it was before training, which changes nothing.</summary>
    internal IEnumerable<(string Name, Tensor Value)> Former => _former.Select(pair => (pair.Key, pair.Value));

    /// <summary>Whether there is nothing.</summary>
    internal bool IsEmpty => _parameters.Count == 0;

    /// <summary>Takes a tensor, which it then owns.</summary>
    internal void Add(string name, Tensor value)
    {
        var parameter = new Parameter(value);
        parameter.DetachFromDisposeScope();
        _parameters.Add(name, parameter);
    }

    /// <summary>Takes a tensor of the head before training, which it then owns.</summary>
    internal void AddFormer(string name, Tensor value) => _former.Add(name, value.DetachFromDisposeScope());

    /// <summary>The outputs of a head that is one linear layer.</summary>
    /// <param name="summary">One vector a text, <c>[B, F]</c>, float32.</param>
    /// <returns><c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    /// <exception cref="NotSupportedException">It is more than one layer.</exception>
    internal Tensor Outputs(Tensor summary)
    {
        string[] weights = [.. _parameters.Keys.Where(name => name.EndsWith(Weight, StringComparison.Ordinal))];
        if (weights is not [string weight] || _parameters.Count > 2)
        {
            throw new NotSupportedException($"The adapter's head has the tensors {Printable.FirstTen(_parameters.Keys)}: it is not one linear layer.");
        }

        return nn.functional.linear(summary, _parameters[weight], _parameters.GetValueOrDefault(weight[..^Weight.Length] + Bias));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _parameters.Values.Concat(_former.Values))
        {
            tensor.Dispose();
        }
    }
}
