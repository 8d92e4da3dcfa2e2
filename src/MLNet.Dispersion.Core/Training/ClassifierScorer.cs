using MLNet.Dispersion.Backbones;
using MLNet.Dispersion.Data;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>Class probabilities of many token sequences: sorted by length, batched, put back into the caller's order. Thread-safe.</summary>
internal sealed class ClassifierScorer
{
    /// <summary>Padded tokens of one forward pass: large enough to fill two cores, small enough for any memory.</summary>
    private const int TokensPerPass = 4096;
    private const int RowsPerPass = 64;
    private readonly PretrainedLanguageModel _model;
    private readonly ClassificationHead _head;

    internal ClassifierScorer(PretrainedLanguageModel model, ClassificationHead head)
    {
        _model = model;
        _head = head;
    }

    internal float[] Score(IReadOnlyList<int[]> sequences)
    {
        var scores = new float[sequences.Count * _head.ClassCount];
        using var noGradient = no_grad();
        foreach (int[] rows in LengthSortedPasses.Of([.. sequences.Select(sequence => sequence.Length)], TokensPerPass, RowsPerPass))
        {
            ScorePass(sequences, rows, scores);
        }

        return scores;
    }

    private void ScorePass(IReadOnlyList<int[]> sequences, int[] rows, float[] scores)
    {
        using var scope = NewDisposeScope();
        Device device = _model.Device;
        var batch = TokenBatch.Pad([.. rows.Select(row => sequences[row])], padId: 0);
        var output = _model.Backbone.Forward(
            batch.InputIdsTensor(device),
            batch.AttentionMaskTensor(device),
            HiddenStateSelection.None);
        var probabilities = _head.Logits(output.LastHiddenState, batch.Lengths).softmax(1).cpu();
        var values = probabilities.data<float>();
        int classes = _head.ClassCount;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int k = 0; k < classes; k++)
            {
                scores[(rows[i] * classes) + k] = values[(i * classes) + k];
            }
        }
    }
}
