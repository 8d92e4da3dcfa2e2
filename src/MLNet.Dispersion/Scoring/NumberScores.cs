using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>One number a row.</summary>
internal sealed class NumberScores(SharedModel<ITextScorer> scorer) : AddedValues
{
    private float[] _scores = [];

    internal override int Fill(RowTexts texts, long firstRow)
    {
        int truncated = 0;
        _scores = scorer.Use(model => model.Score(texts, out truncated));
        return truncated;
    }

    internal override Delegate Getter(int offset, Func<int> current) => (ValueGetter<float>)((ref float value) => value = Of(current()));

    private float Of(int text) => _scores[text];
}
