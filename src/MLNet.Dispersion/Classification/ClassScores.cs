using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The class probabilities of texts, and the most probable classes.</summary>
internal sealed class ClassScores(SharedModel<FineTunedTextModel> model, int classCount, LexicalPart? lexical) : HeadScores(model, classCount)
{
    internal override Delegate Getter(int offset, Func<int> current) => offset == ClassifierColumns.PredictedLabelOffset
        ? (ValueGetter<uint>)((ref uint value) => value = BestClass(Of(current())))
        : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy(Of(current()), ref value));

    private protected override void Finish(RowTexts texts, float[] scores) => lexical?.Join(texts.First, scores);

    // Key values count from 1; 0, "missing", is left for a row whose probabilities are not numbers.
    private static uint BestClass(ReadOnlySpan<float> scores)
    {
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
            {
                best = i;
            }
        }

        return (uint)(best + 1);
    }
}
