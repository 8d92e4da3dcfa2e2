using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Gathers a <see cref="ConeReport"/> layer by layer.</summary>
/// <param name="texts">The texts, each of at least two tokens.</param>
/// <param name="tokenizer">Knows what stands behind every text.</param>
internal sealed class ConeLayers(IReadOnlyList<SampledText> texts, TextTokenizer tokenizer)
{
    /// <summary>The lengths that texts are cut to: those of the published comparison.</summary>
    private static readonly int[] TextLengths = [16, 64, 128, 256, 512];

    private readonly List<ConeFigures> _figures = [];
    private readonly Dictionary<int, List<double>> _cosines = TextLengths.Where(length => texts.Any(text => text.Ids.Length >= length)).ToDictionary(length => length, _ => new List<double>());

    /// <summary>The lengths that one text has at least.</summary>
    internal IReadOnlyList<int> Lengths => [.. _cosines.Keys];

    /// <summary>The texts of at least a length, cut to it. Needed for encoders: a causal model's first states do not depend on what follows.</summary>
    internal IReadOnlyList<SampledText> Cut(int length)
    {
        int[] after = TokenFrame.Of(tokenizer).After;
        return [.. texts.Where(text => text.Ids.Length >= length).Select(text => text with { Ids = [.. text.Ids[..(length - after.Length)], .. after] })];
    }

    /// <summary>Adds the next layer.</summary>
    /// <param name="states">Its states of each text, <c>[n, F]</c>.</param>
    /// <param name="isCausal">Whether its states of cut texts are the first of these; else they follow by <see cref="AddCut"/>.</param>
    internal void Add(Tensor[] states, bool isCausal)
    {
        _figures.Add(ConeGeometry.Measure(states));
        foreach (int length in isCausal ? Lengths : [])
        {
            using var scope = NewDisposeScope();
            AddCut(length, [.. states.Where(text => text.shape[0] >= length).Select(text => text.narrow(0, 0, length))]);
        }
    }

    /// <summary>Adds the next layer of the texts of <see cref="Cut"/>.</summary>
    internal void AddCut(int length, Tensor[] states) => _cosines[length].Add(ConeGeometry.MeanCosine(states));

    /// <summary>Makes the report.</summary>
    internal ConeReport ToReport() => new(_figures, [.. _cosines.Select(entry => new LengthFigures
    {
        Tokens = entry.Key,
        Texts = texts.Count(text => text.Ids.Length >= entry.Key),
        MeanCosines = entry.Value.AsReadOnly(),
    })]);
}
