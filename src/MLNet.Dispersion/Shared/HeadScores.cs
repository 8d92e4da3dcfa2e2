namespace MLNet.Dispersion;

/// <summary>The numbers that a fine-tuned model gives to texts, as columns.</summary>
/// <param name="model">The model.</param>
/// <param name="outputCount">Numbers a text (K).</param>
internal abstract class HeadScores(SharedModel<FineTunedTextModel> model, int outputCount) : AddedValues
{
    private float[] _scores = [];

    internal sealed override int Fill(RowTexts texts, long firstRow)
    {
        TextScores scores = model.Use(scorer => scorer.Score(texts.First, texts.Second));
        _scores = scores.Values;
        return scores.TruncatedTexts;
    }

    /// <summary>The numbers of a text, <c>[K]</c>.</summary>
    protected ReadOnlySpan<float> Of(int text) => _scores.AsSpan(text * outputCount, outputCount);
}
