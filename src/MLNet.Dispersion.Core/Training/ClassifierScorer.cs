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

    /// <summary>What a pass costs beside its tokens, in tokens: at 384 features about 30 in float32 and 100 in bfloat16, less for larger models.</summary>
    private const int PassCost = 64;
    private readonly CausalLMBackbone _backbone;
    private readonly ClassificationHead _head;

    internal ClassifierScorer(PretrainedLanguageModel model, ClassificationHead head)
    {
        _backbone = model.Backbone;
        Device = model.Device;
        _head = head;
    }

    /// <summary>Where it computes.</summary>
    internal Device Device { get; }

    /// <summary>The rows of each forward pass that scores these sequences.</summary>
    internal static IReadOnlyList<int[]> Passes(IReadOnlyList<int[]> sequences) =>
        LengthSortedPasses.Cheapest([.. sequences.Select(sequence => sequence.Length)], TokensPerPass, RowsPerPass, PassCost);

    /// <summary>Scores sequences.</summary>
    /// <param name="sequences">None of them empty.</param>
    /// <param name="computeType">The number type of matrix products and attention.</param>
    /// <returns>Probabilities, row after row, <c>[rows * K]</c>.</returns>
    internal float[] Score(IReadOnlyList<int[]> sequences, ScalarType computeType)
    {
        var scores = new float[sequences.Count * _head.ClassCount];
        using var noGradient = no_grad();
        using var computing = _backbone.Context.ComputeIn(computeType);
        foreach (int[] rows in Passes(sequences))
        {
            ScorePass(sequences, rows, scores);
        }

        return scores;
    }

    private void ScorePass(IReadOnlyList<int[]> sequences, int[] rows, float[] scores)
    {
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad([.. rows.Select(row => sequences[row])], padId: 0);
        Tensor? mask = _backbone.NeedsPaddingMask ? batch.AttentionMaskTensor(Device) : null;
        var output = _backbone.Forward(batch.InputIdsTensor(Device), mask, HiddenStateSelection.None);
        float[] values = _head.Logits(output.LastHiddenState, batch.Lengths).softmax(1).cpu().data<float>().ToArray();
        int classes = values.Length / rows.Length;
        for (int i = 0; i < rows.Length; i++)
        {
            values.AsSpan(i * classes, classes).CopyTo(scores.AsSpan(rows[i] * classes));
        }
    }
}
