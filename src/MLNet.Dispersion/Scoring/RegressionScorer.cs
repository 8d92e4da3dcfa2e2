namespace MLNet.Dispersion;

/// <summary>The trained regressor as a scorer, which owns it.</summary>
internal sealed class RegressionScorer(TextRegressor regressor) : ITextScorer
{
    public int OutputCount => 1;

    public PretrainedLanguageModel LanguageModel => regressor.LanguageModel;

    public FineTuneResult? TrainingResult => regressor.TrainingResult;

    public IReadOnlyList<GeometrySnapshot> GeometryHistory => regressor.GeometryHistory;

    public Precision ScoringPrecision
    {
        get => regressor.ScoringPrecision;
        set => regressor.ScoringPrecision = value;
    }

    public float[] Score(RowTexts texts, out int truncated) => regressor.Predict(texts.First, texts.Second, out truncated);

    public void Save(FileSink sink) => regressor.Save(sink);

    public void Dispose() => regressor.Dispose();
}
