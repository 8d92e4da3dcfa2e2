using System.Globalization;

namespace MLNet.Dispersion.Onnx;

/// <summary>The weights of a network, found by what they are for.</summary>
internal sealed class NetworkWeights
{
    private readonly Dictionary<string, ModelWeight> _byName;
    private readonly WeightNames _names;

    /// <param name="weights">All of them, those of a task's head included.</param>
    /// <param name="names">What they are called.</param>
    internal NetworkWeights(IEnumerable<ModelWeight> weights, WeightNames names)
    {
        _byName = weights.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        _names = names;
    }

    /// <summary>Whether linear layers of the blocks are stored <c>[in, out]</c>.</summary>
    internal bool InputsFirst => _names.InputsFirst;

    /// <summary>The name of a piece outside the blocks; null where it has none.</summary>
    internal string? NameOf(WeightPart part) => _names.Stem.Concat(_names.Tail).Where(named => named.Part == part).Select(named => named.Name).FirstOrDefault();

    /// <summary>The name of a block's piece.</summary>
    internal string NameOf(WeightPart part, int block) =>
        $"{_names.Blocks}.{_names.BlockNumbers?[block] ?? block.ToString(CultureInfo.InvariantCulture)}.{_names.Block.First(named => named.Part == part).Name}";

    /// <summary>Whether there is such a tensor.</summary>
    internal bool Has(string? name) => name is not null && _byName.ContainsKey(name);

    /// <summary>A tensor.</summary>
    internal ModelWeight this[string name] => _byName.TryGetValue(name, out ModelWeight? weight)
        ? weight
        : throw new NotSupportedException($"The network has no weight {Printable.Name(name)}, which its description speaks of");
}
