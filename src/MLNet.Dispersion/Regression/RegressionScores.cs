namespace MLNet.Dispersion;

/// <summary>The numbers of texts, in which n-grams may have a say.</summary>
internal sealed class RegressionScores(SharedModel<FineTunedTextModel> model, LexicalNumbers? lexical) : NumberScores(model)
{
    private protected override void Finish(RowTexts texts, float[] scores) => lexical?.Join(texts.First, scores);
}
