using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The matrices of a network that are in blocks. Filled before the network is used, from then on thread-safe; disposing frees the matrices.</summary>
internal sealed class BlockWeights : IDisposable
{
    private readonly Dictionary<Parameter, BlockMatrix> _matrices = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether there are none.</summary>
    internal bool IsEmpty => _matrices.Count == 0;

    /// <summary>The blocks of a matrix; null where the parameter holds the values.</summary>
    internal BlockMatrix? Of(Parameter weight) => _matrices.GetValueOrDefault(weight);

    /// <summary>Takes a matrix, which it then owns, and frees the parameter's memory: every entry becomes NaN, so that whoever overlooks the blocks cannot take the zeros of fresh memory for weights.</summary>
    internal void Put(Parameter weight, BlockMatrix matrix)
    {
        _matrices.Add(weight, matrix);
        weight.requires_grad = false;
        using Tensor none = tensor([float.NaN]);
        using Tensor everywhere = none.expand(weight.shape);
        weight.set_(everywhere);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BlockMatrix matrix in _matrices.Values)
        {
            matrix.Dispose();
        }
    }
}
