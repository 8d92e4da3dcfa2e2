using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that predicts a number for each text, or pair of texts.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives one number a text, in the scale of the training labels. These are brought to mean 0 and variance 1 for training, with squared error;
/// their scale is saved with the head. Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
public sealed class TextRegressor : FineTunedTextModel
{
    private static readonly HeadFiles Files = new("regressor");
    private readonly LabelScale _scale;

    private TextRegressor(FittedHead fitted, LabelScale scale)
        : base(fitted) => _scale = scale;

    /// <summary>Gets the mean of the training labels.</summary>
    public double LabelMean => _scale.Mean;

    /// <summary>Gets the standard deviation of the training labels (of the population), above 0.</summary>
    public double LabelDeviation => _scale.Deviation;

    /// <summary>Fine-tunes a backbone on texts, or pairs of texts, with a number each.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Finite numbers, one a text, not all the same.</param>
    /// <param name="options">How to train. Losses that it reports are squared errors in variances of the labels: 1 is no better than always predicting the mean.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label that is not finite, labels that are all the same, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
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
            FittedHead.Train(
                backbone, options, texts, secondTexts, 1, head => new RegressionObjective(head), encoded => new TrainingRows(encoded, null) { Values = values }),
            scale);
    }

    /// <summary>Reads a regressor that <see cref="FineTunedTextModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextRegressor Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<RegressorSettings>(source);
        return new TextRegressor(FittedHead.Load(source, device, Files, settings, outputCount: 1), new LabelScale(settings.LabelMean, settings.LabelDeviation));
    }

    private protected override float[] Finish(Tensor outputs) => _scale.Restored(Numbers(outputs));

    private protected override void WriteHead(FileSink sink, ScoreHead head) =>
        Files.Write(sink, head, new RegressorSettings(IHeadSettings.CurrentVersion, MaxSequenceLength, ScoringPrecision, ReadsPairs, LabelMean, LabelDeviation), GeometryHistory);
}
