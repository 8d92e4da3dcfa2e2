using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What the head says of many token sequences: sorted by length, batched, put back into the caller's order. Thread-safe.</summary>
internal sealed class HeadScorer
{
    private readonly LanguageBackbone _backbone;
    private readonly ITextHead _head;
    private readonly ForwardPass _pass;

    internal HeadScorer(PretrainedLanguageModel model, ITextHead head)
    {
        _backbone = model.Backbone;
        _pass = new ForwardPass(model.Backbone, model.Device);
        _head = head;
    }

    /// <summary>Where it computes.</summary>
    internal Device Device => _pass.Device;

    /// <summary>The rows of each forward pass that scores these sequences.</summary>
    internal static IReadOnlyList<int[]> Passes(IReadOnlyList<int[]> sequences) =>
        ForwardPass.Sweep([.. sequences.Select(sequence => sequence.Length)]);

    /// <summary>Scores sequences.</summary>
    /// <param name="texts">None of the sequences empty.</param>
    /// <param name="computeType">The number type of matrix products and attention.</param>
    /// <param name="finish">What is made of the head's outputs <c>[B, K]</c>, such as probabilities: row after row.</param>
    /// <returns>Row after row, <c>[rows * K]</c>.</returns>
    internal float[] Score(EncodedTexts texts, ScalarType computeType, Func<Tensor, float[]> finish)
    {
        var scores = new float[texts.Sequences.Count * _head.OutputCount];
        using var noGradient = no_grad();
        using var computing = _backbone.Context.ComputeIn(computeType);
        foreach (int[] rows in Passes(texts.Sequences))
        {
            ScorePass(texts, rows, finish, scores);
        }

        return scores;
    }

    private void ScorePass(EncodedTexts texts, int[] rows, Func<Tensor, float[]> finish, float[] scores)
    {
        using var scope = NewDisposeScope();
        TokenBatch batch = texts.Pad(rows, padId: 0);
        BackboneOutput output = _pass.Read(batch, HiddenStateSelection.None).States;
        float[] values = finish(_head.Outputs(_backbone, output.LastHiddenState, batch.Lengths));
        int width = values.Length / rows.Length;
        for (int i = 0; i < rows.Length; i++)
        {
            values.AsSpan(i * width, width).CopyTo(scores.AsSpan(rows[i] * width));
        }
    }
}
