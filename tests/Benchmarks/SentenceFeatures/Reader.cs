using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.SentenceFeatures;

/// <summary>Mean-pooled vectors, before they are scaled, of several hidden states and with and without the first token, by one pass of each sentence.</summary>
internal sealed class Reader(PretrainedLanguageModel model, IReadOnlyList<int> layers)
{
    /// <summary>Reads sentences.</summary>
    /// <param name="texts">The sentences.</param>
    /// <param name="begun">Whether they stand behind the token that begins texts, as the library has it; it is never pooled.</param>
    public Dictionary<(int Layer, bool SkipsFirst), float[][]> Read(IReadOnlyList<string> texts, bool begun)
    {
        var encoder = new SequenceEncoder(model);
        var pass = new ForwardPass(model.Backbone, model.Device);
        ScoredSequence[] sequences = [.. texts.Select(text => encoder.Text(text)).Select(text => begun ? text : new ScoredSequence(text.Ids[text.Start..], 0))];
        var vectors = layers.SelectMany(layer => new[] { (layer, false), (layer, true) }).ToDictionary(key => key, _ => new float[texts.Count][]);
        using var evaluation = new EvaluationMode(model.Backbone);
        using var noGradient = no_grad();
        using var pooler = new TextPooler(TextPooling.Mean);
        foreach (int[] rows in ForwardPass.Sweep([.. sequences.Select(sequence => sequence.Ids.Length)]))
        {
            using var scope = NewDisposeScope();
            var batch = TokenBatch.Pad([.. rows.Select(row => sequences[row].Ids)], padId: 0);
            IReadOnlyList<Tensor?> states = pass.Read(batch, HiddenStateSelection.Of(layers)).States.HiddenStates;
            foreach (((int layer, bool skips), float[][] read) in vectors)
            {
                Tensor pooled = pooler.Summary(model.Backbone, states[layer]!, batch.Lengths, sequences[0].Start + (skips ? 1 : 0));
                foreach ((int place, float[] vector) in pooled.data<float>().ToArray().Chunk((int)pooled.shape[1]).Index())
                {
                    read[rows[place]] = vector;
                }
            }
        }

        return vectors;
    }
}
