using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The vectors of texts, and the cosines of pairs.</summary>
/// <param name="model">The model.</param>
/// <param name="size">Features of a vector.</param>
internal sealed class EmbeddingScores(SharedModel<FineTunedTextModel> model, int size) : AddedValues
{
    private float[] _vectors = [];
    private int _rows;

    internal override int Fill(RowTexts texts, long firstRow)
    {
        _rows = texts.Count;
        TextScores scores = model.Use(embedder => embedder.Score(texts.Second is { } second ? [.. texts.First, .. second] : texts.First));
        _vectors = scores.Values;
        return scores.TruncatedTexts;
    }

    internal override Delegate Getter(int offset, Func<int> current) => offset switch
    {
        EmbeddingColumns.EmbeddingOffset => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy(Of(current()), ref value)),
        EmbeddingColumns.SecondEmbeddingOffset => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy(SecondOf(current()), ref value)),
        _ => (ValueGetter<float>)((ref float value) => value = Cosine(current())),
    };

    private ReadOnlySpan<float> Of(int text) => _vectors.AsSpan(text * size, size);

    // The second texts stand behind all first ones; how many these are is known once the row was scored.
    private ReadOnlySpan<float> SecondOf(int row) => Of(_rows + row);

    private float Cosine(int row) => (float)TextEmbedder.Cosine(Of(row), SecondOf(row));
}
