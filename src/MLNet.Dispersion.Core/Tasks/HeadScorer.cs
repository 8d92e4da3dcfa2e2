using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What the head says of many token sequences: sorted by length, batched, put back into the caller's order. Thread-safe.</summary>
internal sealed class HeadScorer
{
    private readonly LanguageBackbone _backbone;
    private readonly ITextHead _head;
    private readonly ScoringSweep _sweep;

    internal HeadScorer(FittedHead fitted)
    {
        _backbone = fitted.Model.Backbone;
        _sweep = fitted.Sweep;
        _head = fitted.Head;
    }

    /// <summary>Where it computes.</summary>
    internal Device Device => _sweep.Device;

    /// <summary>Scores sequences.</summary>
    /// <param name="texts">None of the sequences empty.</param>
    /// <param name="computeType">The number type of matrix products and attention.</param>
    /// <param name="finish">What is made of the head's outputs <c>[B, K]</c>, such as probabilities: row after row.</param>
    /// <returns>Row after row, <c>[rows * K]</c>.</returns>
    internal float[] Score(EncodedTexts texts, ScalarType computeType, Func<Tensor, float[]> finish)
    {
        var scores = new float[texts.Sequences.Count * _head.OutputCount];
        _sweep.Run(texts, computeType, (rows, batch, states) =>
        {
            float[] values = finish(_head.Outputs(_backbone, states, batch.Lengths));
            int width = values.Length / rows.Length;
            for (int i = 0; i < rows.Length; i++)
            {
                values.AsSpan(i * width, width).CopyTo(scores.AsSpan(rows[i] * width));
            }
        });
        return scores;
    }
}
