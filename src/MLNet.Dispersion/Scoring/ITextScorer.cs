namespace MLNet.Dispersion;

/// <summary>What the ML.NET side needs of a trained model: numbers for texts, such as class probabilities. Implementations allow concurrent calls.</summary>
internal interface ITextScorer : IDisposable
{
    /// <summary>Numbers a row (K): one for each class, or one.</summary>
    int OutputCount { get; }

    /// <summary>The fine-tuned language model; the scorer's own.</summary>
    PretrainedLanguageModel LanguageModel { get; }

    /// <summary>How training went, or null for a model that was loaded.</summary>
    FineTuneResult? TrainingResult { get; }

    /// <summary>How condensed the backbone was in training; kept by a model that was loaded.</summary>
    IReadOnlyList<GeometrySnapshot> GeometryHistory { get; }

    /// <summary>The number type of scoring.</summary>
    Precision ScoringPrecision { get; set; }

    /// <summary>Scores texts.</summary>
    /// <param name="texts">The texts, or pairs of them; blank ones count as empty.</param>
    /// <param name="truncated">How many of them were cut off.</param>
    /// <returns>Probabilities or predictions, row after row, <c>[rows * K]</c>.</returns>
    float[] Score(RowTexts texts, out int truncated);

    /// <summary>Writes the model's files.</summary>
    void Save(FileSink sink);
}
