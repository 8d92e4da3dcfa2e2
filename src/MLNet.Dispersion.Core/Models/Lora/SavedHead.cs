using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The head of a task that an adapter of PEFT brings along (modules_to_save), such as <c>classifier</c> or <c>score</c>: tensors that the backbone has no place for, kept under the names of the file.</summary>
/// <remarks>Disposing frees them.</remarks>
internal sealed class SavedHead : IDisposable
{
    private readonly Dictionary<string, Parameter> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _former = new(StringComparer.Ordinal);

    /// <summary>Its tensors by their names in the file.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Parameters => _parameters.Select(pair => (pair.Key, pair.Value));

    /// <summary>What the file says of the head as it was before training, which changes nothing.</summary>
    internal IEnumerable<(string Name, Tensor Value)> Former => _former.Select(pair => (pair.Key, pair.Value));

    /// <summary>Takes a tensor, which it then owns.</summary>
    internal void Add(string name, Tensor value)
    {
        var parameter = new Parameter(value);
        parameter.DetachFromDisposeScope();
        _parameters.Add(name, parameter);
    }

    /// <summary>Takes a tensor of the head before training, which it then owns.</summary>
    internal void AddFormer(string name, Tensor value) => _former.Add(name, value.DetachFromDisposeScope());

    /// <summary>Takes parameters in the place of its own, which are freed: the head that takes part in the model.</summary>
    internal void Adopt(IEnumerable<(string Name, Parameter Parameter)> live)
    {
        foreach (var (name, parameter) in live.Where(pair => _parameters.ContainsKey(pair.Name)))
        {
            _parameters[name].Dispose();
            _parameters[name] = parameter;
        }
    }

    /// <summary>Lets the parameters go without freeing them.</summary>
    internal void Release() => _parameters.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _parameters.Values.Concat(_former.Values))
        {
            tensor.Dispose();
        }
    }
}
