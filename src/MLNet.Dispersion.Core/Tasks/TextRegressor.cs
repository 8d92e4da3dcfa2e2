namespace MLNet.Dispersion;

/// <summary>A backbone that predicts a number for each text (or pair of texts) from the state of its last real token (decoders) or the pooled first one (BERT).</summary>
/// <remarks>
/// Labels are brought to mean 0 and variance 1 for training, with squared error; predictions come back in the labels' own scale, which is saved with the head.
/// Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
public sealed class TextRegressor : IDisposable
{
    private static readonly HeadFiles Files = new("regressor");
    private readonly HeadedModel _model;
    private readonly LabelScale _scale;

    private TextRegressor(HeadedModel model, LabelScale scale)
    {
        _model = model;
        _scale = scale;
    }

    /// <summary>The mean of the training labels.</summary>
    public double LabelMean => _scale.Mean;

    /// <summary>The standard deviation of the training labels (of the population), above 0.</summary>
    public double LabelDeviation => _scale.Deviation;

    /// <summary>The most tokens of a text, or of a pair of texts, that are looked at.</summary>
    public int MaxSequenceLength => _model.MaxTokens;

    /// <summary>Whether it was trained on pairs of texts, and scores pairs.</summary>
    public bool ReadsPairs => _model.Pairs;

    /// <summary>The language model below the head, as fine-tuned; it stays this object's and lives as long. Use it for diagnostics.</summary>
    public PretrainedLanguageModel LanguageModel => _model.LanguageModel;

    /// <summary>
    /// The number type in which texts are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the regressor. May be set at any time; calls of <see cref="Predict(IReadOnlyList{string?}, out int)"/> that begin later follow it.
    /// </summary>
    /// <remarks>
    /// In bfloat16 the weights are converted once, at the first text, and kept as well: half as much memory again. The copies follow training of <see cref="LanguageModel"/>;
    /// after weights were edited by hand, load the regressor anew.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    public Precision ScoringPrecision
    {
        get => _model.ScoringPrecision;
        set => _model.ScoringPrecision = value;
    }

    /// <summary>What <see cref="Save"/> writes where <see cref="LanguageModel"/> carries a low-rank adapter: as <see cref="LoraOptions.Saving"/> said in training, or as the loaded files were.</summary>
    public AdapterSaving AdapterSaving => _model.AdapterSaving;

    /// <summary>How training went; null for a regressor that was loaded.</summary>
    public FineTuneResult? TrainingResult => _model.TrainingResult;

    /// <summary>How condensed the backbone was on a fixed sample of texts: before training first, with these weights last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the regressor.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory => _model.GeometryHistory;

    /// <summary>Texts (or pairs) of the training rows that were longer than <see cref="MaxSequenceLength"/> and were cut off.</summary>
    public int TruncatedTrainingRows => _model.TruncatedTrainingRows;

    /// <summary>Fine-tunes a backbone on texts, or pairs of texts, with a number each.</summary>
    /// <remarks>
    /// A pair is one sequence: for decoders the first text, the end-of-sequence token (a line break where there is none) and the second text, for BERT
    /// <c>[CLS] first [SEP] second [SEP]</c>. A pair that is too long loses tokens at the end of the longer text, one by one (<see cref="TextTokenizer.EncodePair"/>).
    /// </remarks>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Finite numbers, one a text, not all the same.</param>
    /// <param name="options">How to train. Losses that it reports are squared errors in variances of the labels: 1 is no better than always predicting the mean.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label that is not finite, labels that are all the same, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's checkpoint is missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextRegressor Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<float> labels,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Clone();
        options.Validate();
        TeacherCheck.Refuse(options, "text regression");
        NumberedTexts.Check(texts, secondTexts, labels);
        var scale = LabelScale.Of(labels);
        float[] values = scale.Standardised(labels);
        return new TextRegressor(
            HeadedModel.Train(
                backbone, options, texts, secondTexts, 1, head => new RegressionObjective(head), encoded => new TrainingRows(encoded, null) { Values = values }),
            scale);
    }

    /// <summary>Reads a regressor that <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextRegressor Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<RegressorSettings>(source);
        return new TextRegressor(HeadedModel.Load(source, device, Files, settings, outputCount: 1), new LabelScale(settings.LabelMean, settings.LabelDeviation));
    }

    /// <summary>Predicts the numbers of texts in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts; null and blank ones count as empty.</param>
    /// <param name="truncated">How many of them were longer than <see cref="MaxSequenceLength"/> and were cut off.</param>
    /// <returns>One number a text, in the scale of the training labels.</returns>
    /// <exception cref="ArgumentException">Pairs for a regressor of single texts, single texts for one of pairs, or not one second text for each first.</exception>
    /// <exception cref="ObjectDisposedException">The regressor was disposed.</exception>
    public float[] Predict(IReadOnlyList<string?> texts, out int truncated) => Predict(texts, null, out truncated);

    /// <summary>Predicts the numbers of pairs of texts in one length-sorted sweep.</summary>
    /// <param name="texts">The first texts; null and blank ones count as empty.</param>
    /// <param name="secondTexts">The second texts, one for each first; null where the regressor reads single texts.</param>
    /// <param name="truncated">How many pairs were longer than <see cref="MaxSequenceLength"/> and were cut off.</param>
    /// <returns>One number a pair, in the scale of the training labels.</returns>
    /// <exception cref="ArgumentException">Pairs for a regressor of single texts, single texts for one of pairs, or not one second text for each first.</exception>
    /// <exception cref="ObjectDisposedException">The regressor was disposed.</exception>
    public float[] Predict(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, out int truncated) =>
        _scale.Restored(_model.Score(this, texts, secondTexts, outputs => outputs, out truncated));

    /// <summary>Writes everything that <see cref="Load"/> needs: configuration, tokenizer, weights (float32); or the adapter alone, see <see cref="AdapterSaving"/>.</summary>
    /// <param name="sink">Where to.</param>
    /// <exception cref="ObjectDisposedException">The regressor was disposed.</exception>
    public void Save(FileSink sink) =>
        _model.Save(this, sink, Files, new RegressorSettings(MaxSequenceLength, ScoringPrecision, ReadsPairs, LabelMean, LabelDeviation));

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
