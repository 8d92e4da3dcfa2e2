using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Makes a <see cref="ConeReport"/>: the hidden states of all texts are held for as many layers at once as memory allows, so that the model reads the texts more than once.</summary>
/// <param name="backbone">The backbone, in evaluation mode.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="cancellationToken">Checked before each text.</param>
internal sealed class ConeMeasurement(LanguageBackbone backbone, TextTokenizer tokenizer, CancellationToken cancellationToken)
{
    /// <summary>The most bytes of hidden states that are held.</summary>
    internal const long HeldBytes = 256L << 20;

    /// <summary>The lengths that texts are cut to: those of the published comparison.</summary>
    private static readonly int[] TextLengths = [16, 64, 128, 256, 512];

    /// <summary>Measures.</summary>
    /// <param name="texts">At least one, each of at least two tokens.</param>
    public ConeReport Run(IReadOnlyList<SampledText> texts)
    {
        int layerCount = backbone.Info.LayerCount + 1;
        long bytesPerLayer = texts.Sum(text => (long)text.Ids.Length) * backbone.Info.HiddenSize * sizeof(float);
        int held = (int)Math.Clamp(HeldBytes / bytesPerLayer, 1, layerCount);
        int[] lengths = [.. TextLengths.Where(length => texts.Any(text => text.Ids.Length >= length))];
        var figures = new List<ConeFigures>();
        var cosines = lengths.Select(_ => new List<double>()).ToArray();
        for (int first = 0; first < layerCount; first += held)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(held, layerCount - first);
            Tensor[][] layers = Hold(texts.Select(text => (text.Index, text.Ids)), first, count);
            figures.AddRange(layers.Select(ConeGeometry.Measure));
            foreach ((int at, int length) in lengths.Index())
            {
                // A causal model's first rows do not depend on what follows; an encoder has to read each length for itself.
                Tensor[][] cut = backbone is CausalLMBackbone
                    ? [.. layers.Select(layer => layer.Where(text => text.shape[0] >= length).Select(text => text.narrow(0, 0, length)).ToArray())]
                    : Hold(texts.Where(text => text.Ids.Length >= length).Select(text => (text.Index, Cut(text.Ids, length))), first, count);
                cosines[at].AddRange(cut.Select(layer => ConeGeometry.MeanCosine(layer)));
            }
        }

        return new ConeReport(figures, [.. lengths.Select((length, at) => new LengthFigures
        {
            Tokens = length,
            Texts = texts.Count(text => text.Ids.Length >= length),
            MeanCosines = cosines[at].AsReadOnly(),
        })]);
    }

    /// <summary>The hidden states of some layers, by layer and text, in the caller's dispose scope.</summary>
    private Tensor[][] Hold(IEnumerable<(long Index, int[] Ids)> texts, int first, int count)
    {
        List<Tensor>[] layers = [.. Enumerable.Range(0, count).Select(_ => new List<Tensor>())];
        foreach ((long index, int[] ids) in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            HiddenStatePass.Run(backbone, ids, NonFiniteState.Text(index), states =>
            {
                for (int i = 0; i < count; i++)
                {
                    layers[i].Add(states[first + i].clone().MoveToOuterDisposeScope());
                }
            });
        }

        return [.. layers.Select(layer => layer.ToArray())];
    }

    /// <summary>The first tokens of a text, with what stands behind every text.</summary>
    private int[] Cut(int[] ids, int length)
    {
        int[] after = TokenFrame.Of(tokenizer).After;
        return [.. ids[..(length - after.Length)], .. after];
    }
}
