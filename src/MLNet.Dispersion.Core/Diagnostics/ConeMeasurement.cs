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

    /// <summary>Measures.</summary>
    /// <param name="texts">At least one, each of at least two tokens.</param>
    public ConeReport Run(IReadOnlyList<SampledText> texts)
    {
        using var inside = ExitGate.Enter();
        int layerCount = backbone.Info.LayerCount + 1;
        long bytesPerLayer = texts.Sum(text => (long)text.Ids.Length) * backbone.Info.HiddenSize * sizeof(float);
        int held = (int)Math.Clamp(HeldBytes / bytesPerLayer, 1, layerCount);
        var gathered = new ConeLayers(texts, tokenizer);
        for (int first = 0; first < layerCount; first += held)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(held, layerCount - first);
            foreach (Tensor[] layer in Hold(texts, first, count))
            {
                gathered.Add(layer, backbone is CausalLMBackbone);
            }

            foreach (int length in backbone is CausalLMBackbone ? [] : gathered.Lengths)
            {
                foreach (Tensor[] layer in Hold(gathered.Cut(length), first, count))
                {
                    gathered.AddCut(length, layer);
                }
            }
        }

        return gathered.ToReport();
    }

    /// <summary>The hidden states of some layers, by layer and text, in the caller's dispose scope.</summary>
    private Tensor[][] Hold(IEnumerable<SampledText> texts, int first, int count)
    {
        List<Tensor>[] layers = [.. Enumerable.Range(0, count).Select(_ => new List<Tensor>())];
        foreach (SampledText text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            HiddenStatePass.Run(backbone, text.Ids, NonFiniteState.Text(text.Index), states =>
            {
                for (int i = 0; i < count; i++)
                {
                    layers[i].Add(states[first + i].clone().MoveToOuterDisposeScope());
                }
            });
        }

        return [.. layers.Select(layer => layer.ToArray())];
    }
}
