using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The probabilities of labels, and which of them count as found.</summary>
internal sealed class MultiLabelScores(SharedModel<FineTunedTextModel> model, IReadOnlyList<float> thresholds) : HeadScores(model, thresholds.Count)
{
    internal override Delegate Getter(int offset, Func<int> current) => offset == MultiLabelColumns.PredictedLabelOffset
        ? (ValueGetter<VBuffer<bool>>)((ref VBuffer<bool> value) => Find(Of(current()), ref value))
        : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy(Of(current()), ref value));

    private void Find(ReadOnlySpan<float> probabilities, ref VBuffer<bool> into)
    {
        VBufferEditor<bool> editor = VBufferEditor.Create(ref into, probabilities.Length);
        for (int label = 0; label < probabilities.Length; label++)
        {
            editor.Values[label] = probabilities[label] >= thresholds[label];
        }

        into = editor.Commit();
    }
}
