namespace MLNet.Dispersion;

/// <summary>The trained classifier as a scorer, which owns it.</summary>
internal sealed class FineTunedScorer(TextClassifier classifier) : ITextScorer
{
    public int OutputCount => classifier.ClassCount;

    public PretrainedLanguageModel LanguageModel => classifier.LanguageModel;

    public FineTuneResult? TrainingResult => classifier.TrainingResult;

    public IReadOnlyList<GeometrySnapshot> GeometryHistory => classifier.GeometryHistory;

    public Precision ScoringPrecision
    {
        get => classifier.ScoringPrecision;
        set => classifier.ScoringPrecision = value;
    }

    public float[] Score(RowTexts texts, out int truncated) => classifier.Score(texts.First, texts.Second, out truncated);

    public void Save(FileSink sink) => classifier.Save(sink);

    public void Dispose() => classifier.Dispose();
}
