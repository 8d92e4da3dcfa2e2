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

    /// <summary>Gets the mean of the training labels, which is added to what the head says; 0 where the head is the family's own and gives labels as they are.</summary>
    public double LabelMean => _scale.Mean;

    /// <summary>Gets the standard deviation of the training labels (of the population), above 0; 1 where the head is the family's own.</summary>
    public double LabelDeviation => _scale.Deviation;

    /// <summary>Fine-tunes a backbone on texts, or pairs of texts, with a number each.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Finite numbers, one a text, not all the same.</param>
    /// <param name="options">How to train. Losses that it reports are squared errors in variances of the labels: 1 is no better than always predicting the mean.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label that is not finite, a bad weight, labels that are all the same, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextRegressor Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<float> labels,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextRegressor, double>? metric = null)
    {
        options = Checked(backbone, options, "text regression");
        NumberedTexts.Check(texts, secondTexts, labels, exampleWeights);

        RegressorSettings? saved = Files.ToGoOnFrom<RegressorSettings>(backbone, options);
        LabelScale scale = saved is not null ? new LabelScale(saved.LabelMean, saved.LabelDeviation) : LabelScale.Of(labels, exampleWeights);
        FittedHead fitted = FittedHead.Train(
            backbone,
            options,
            texts,
            secondTexts,
            new HeadLabels([], ProblemType.Regression),
            1,
            (head, _) =>
            {
                if (head.Own is { } own)
                {
                    scale = own.Spec.HasBias ? LabelScale.Of(labels, exampleWeights) : LabelScale.AroundZero(labels, exampleWeights);
                    if (options.HeadStart == HeadStart.Pretrained)
                    {
                        // It gives the labels themselves.
                        own.Rescale(1 / scale.Deviation, -scale.Mean / scale.Deviation);
                    }
                }

                return new RegressionObjective(head, scale.Standardised(labels, exampleWeights), exampleWeights);
            },
            saved: SavedHead.Of(Files, backbone.Source, saved, 1),
            metric: metric is null ? null : lent => metric(new TextRegressor(lent, scale)));
        if (fitted.Head.Own is { } family)
        {
            // It is to be saved as it is, for a library that knows of no scale.
            family.Rescale(scale.Deviation, scale.Mean);
            scale = new LabelScale(0, 1);
        }

        return new TextRegressor(fitted, scale);
    }

    /// <summary>Opens a regressor of Hugging Face's library, with the head of its files: ready to score, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="pairs">Whether it reads pairs of texts. Default false.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a text, or of a pair; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for one value of each whole text; the message says what they hold.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextRegressor FromPretrained(ModelSource model, bool pairs = false, string device = "auto", int? maxSequenceLength = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        FittedHead fitted = FittedHead.OfPretrained(model, device, maxSequenceLength, pairs, ProblemType.Regression);
        if (fitted.Head.OutputCount == 1)
        {
            return new TextRegressor(fitted, new LabelScale(0, 1));
        }

        int count = fitted.Head.OutputCount;
        fitted.Dispose();
        throw new ArgumentException($"The head of {model.Name} gives {count} values a text; a regressor gives one. PretrainedLanguageModel.Head gives them all.", nameof(model));
    }

    /// <summary>Reads a regressor that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextRegressor Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<RegressorSettings>(source);
        return new TextRegressor(FittedHead.Load(source, device, Files, settings, outputCount: 1), new LabelScale(settings.LabelMean, settings.LabelDeviation));
    }

    /// <inheritdoc/>
    public override ProblemType ProblemType => ProblemType.Regression;

    /// <inheritdoc/>
    public override (double Factor, double Shift) OutputScale => (LabelDeviation, LabelMean);

    private protected override float[] Finish(Tensor outputs) => _scale.Restored(Numbers(outputs));

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new RegressorSettings(MaxSequenceLength, ScoringPrecision, ReadsPairs, LabelMean, LabelDeviation, head.Pooling), GeometryHistory);
}

/// <summary>What regressor.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
/// <param name="LabelMean">The mean of the training labels, which is added to what the head says.</param>
/// <param name="LabelDeviation">Their standard deviation, by which what the head says is multiplied first.</param>
/// <param name="Pooling">How a text's tokens become the vector that the head reads; files of version 1 do not name it, and mean the family's own.</param>
internal sealed record RegressorSettings(int MaxSequenceLength, Precision ScoringPrecision, bool Pairs, double LabelMean, double LabelDeviation, TextPooling Pooling = TextPooling.Family) : IHeadSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem =>
        MaxSequenceLength < 1 ? $"It names texts of {MaxSequenceLength} tokens; there must be at least 1"
        : !double.IsFinite(LabelMean) || !double.IsFinite(LabelDeviation) || LabelDeviation <= 0 ? $"It names labels of mean {LabelMean} and standard deviation {LabelDeviation}; both must be finite, the latter above 0"
        : null;
}

/// <summary>Between a regression's labels and the numbers of mean 0 and variance 1 that are trained on.</summary>
/// <param name="Mean">The labels' mean.</param>
/// <param name="Deviation">Their standard deviation (of the population), above 0.</param>
internal sealed record LabelScale(double Mean, double Deviation)
{
    /// <summary>The scale of labels that <see cref="NumberedTexts"/> has checked, each as heavy as its row.</summary>
    internal static LabelScale Of(IReadOnlyList<float> labels, IReadOnlyList<float>? weights)
    {
        double mean = Average(labels, weights, label => label);
        return new LabelScale(mean, Math.Sqrt(Average(labels, weights, label => (label - mean) * (label - mean))));
    }

    /// <summary>The scale of a head that cannot shift its numbers: their root mean square around 0.</summary>
    internal static LabelScale AroundZero(IReadOnlyList<float> labels, IReadOnlyList<float>? weights) => new(0, Math.Sqrt(Average(labels, weights, label => label * label)));

    /// <summary>The labels on the scale. Those of weight 0 are put on its mean: they count nothing, and may be anything.</summary>
    internal float[] Standardised(IReadOnlyList<float> labels, IReadOnlyList<float>? weights) =>
        [.. labels.Select((label, i) => weights is null || weights[i] > 0 ? (float)((label - Mean) / Deviation) : 0)];

    private static double Average(IReadOnlyList<float> labels, IReadOnlyList<float>? weights, Func<double, double> of) => weights is null
        ? labels.Average(label => of(label))
        : labels.Zip(weights, (label, weight) => weight * of(label)).Sum() / weights.Sum(weight => (double)weight);

    /// <summary>Turns predictions back into labels, in place.</summary>
    internal float[] Restored(float[] predictions)
    {
        for (int i = 0; i < predictions.Length; i++)
        {
            predictions[i] = (float)((predictions[i] * Deviation) + Mean);
        }

        return predictions;
    }
}
