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
        Finish(texts, _scores);
        return scores.TruncatedTexts;
    }

    /// <summary>Changes the numbers where something beside the model has a say; by default nothing has.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="scores">The model's numbers, <c>[rows * K]</c>.</param>
    private protected virtual void Finish(RowTexts texts, float[] scores)
    {
    }

    /// <summary>The numbers of a text, <c>[K]</c>.</summary>
    protected ReadOnlySpan<float> Of(int text) => _scores.AsSpan(text * outputCount, outputCount);
}
