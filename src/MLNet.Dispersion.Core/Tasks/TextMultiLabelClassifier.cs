using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that says of each text, or pair of texts, which of several labels it has: none, some or all.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives the probability of each label, <c>[rows * K]</c>, each by itself: they do not sum to 1. A label counts as found from its threshold on (<see cref="Thresholds"/>).
/// Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
public sealed class TextMultiLabelClassifier : FineTunedTextModel
{
    private const int ScoredAtOnce = 1 << 14;
    private static readonly HeadFiles Files = new("multi_label_classifier");

    private TextMultiLabelClassifier(FittedHead fitted, IReadOnlyList<float>? thresholds = null)
        : base(fitted) => Thresholds = thresholds ?? [.. Enumerable.Repeat(LabelThresholds.Even, OutputCount)];

    /// <summary>Gets the number of labels (K).</summary>
    public int LabelCount => OutputCount;

    /// <summary>Gets the names of the labels; empty where nobody gave any.</summary>
    public IReadOnlyList<string> LabelNames => Names;

    /// <summary>Gets from which probability on each label counts as found, above 0 and below 1: 0.5, or as tuned on the rows that training held out. Saved with the model.</summary>
    public IReadOnlyList<float> Thresholds { get; private set; }

    /// <summary>Fine-tunes a backbone on texts, or pairs of texts, with any number of labels each.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">For each text whether it has each label (K); not all rows the same.</param>
    /// <param name="labelCount">Labels (K), at least 1.</param>
    /// <param name="options">How to train. Losses that it reports are cross-entropies in nats, the mean over labels.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <param name="labelNames">The names of the labels; null (default) for none. <see cref="HeadStart.Pretrained"/> compares them with the head's.</param>
    /// <param name="tuneThresholds">Whether <see cref="Thresholds"/> are tuned on the rows that <see cref="FineTuneOptions.ValidationFraction"/> holds out, for the highest F1 of each label. Default false: 0.5 each.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, labels that are all the same, a bad weight, thresholds to tune without held-out rows, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextMultiLabelClassifier Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<IReadOnlyList<bool>> labels,
        int labelCount,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null,
        IReadOnlyList<string>? labelNames = null,
        bool tuneThresholds = false,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextMultiLabelClassifier, double>? metric = null)
    {
        options = Checked(backbone, options, "multi-label text classification");
        MultiLabelTexts.Check(texts, secondTexts, labels, labelCount);
        ExampleWeights.Check(texts.Count, exampleWeights);
        if (labelNames is not null && labelNames.Count != labelCount)
        {
            throw new ArgumentException($"There are {labelNames.Count} names of labels and {labelCount} labels; each needs one.", nameof(labelNames));
        }

        CheckThresholds(texts.Count, options, tuneThresholds);
        MultiLabelSettings? saved = Files.ToGoOnFrom<MultiLabelSettings>(backbone, options);
        FittedHead fitted = FittedHead.Train(
            backbone,
            options,
            texts,
            secondTexts,
            new HeadLabels(labelNames ?? [], ProblemType.MultiLabel),
            labelCount,
            (head, _) => new MultiLabelObjective(head, labels, options.LabelSmoothing, exampleWeights),
            saved: SavedHead.Of(Files, backbone.Source, saved, saved?.Thresholds.Count ?? 0, saved?.Labels),
            metric: metric is null ? null : lent => metric(new TextMultiLabelClassifier(lent)));
        var classifier = new TextMultiLabelClassifier(fitted);
        if (tuneThresholds)
        {
            classifier.Tune(fitted.TrainingResult!.HeldOutRows, texts, secondTexts, labels);
        }

        return classifier;
    }

    /// <summary>Opens a classifier of Hugging Face's library whose problem type is <c>multi_label_classification</c>, with the head and the labels of its files: ready to score, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="pairs">Whether it reads pairs of texts. Default false.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a text, or of a pair; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for labels of whole texts; the message says what they hold.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextMultiLabelClassifier FromPretrained(ModelSource model, bool pairs = false, string device = "auto", int? maxSequenceLength = null) =>
        new(FittedHead.OfPretrained(model ?? throw new ArgumentNullException(nameof(model)), device, maxSequenceLength, pairs, ProblemType.MultiLabel));

    /// <summary>Reads a classifier that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextMultiLabelClassifier Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<MultiLabelSettings>(source);
        return new TextMultiLabelClassifier(FittedHead.Load(source, device, Files, settings, settings.Thresholds.Count, settings.Labels), settings.Thresholds);
    }

    /// <inheritdoc/>
    public override ProblemType ProblemType => ProblemType.MultiLabel;

    private protected override float[] Finish(Tensor outputs) => Numbers(outputs.sigmoid());

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new MultiLabelSettings(Thresholds, MaxSequenceLength, ScoringPrecision, ReadsPairs, head.Pooling, Names.Count > 0 ? Names : null), GeometryHistory);

    /// <summary>Refuses before training what would be refused after it.</summary>
    private static void CheckThresholds(int rows, FineTuneOptions options, bool tune)
    {
        double fraction = options.ValidationFraction ?? FineTuneDefaults.ForHead(rows, trainedWeights: 1).ValidationFraction;
        if (tune && options.ValidationRows is null && fraction == 0)
        {
            throw new ArgumentException($"Thresholds are to be tuned on held-out rows, and none of the {rows} rows are held out: set FineTuneOptions.ValidationFraction, such as 0.2, or give a validation set.", nameof(options));
        }
    }

    private void Tune(IReadOnlyList<int> held, IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, IReadOnlyList<IReadOnlyList<bool>> labels)
    {
        if (held.Count == 0)
        {
            Dispose();
            throw new ArgumentException("Thresholds are to be tuned on held-out rows, and so few rows hold none out: raise FineTuneOptions.ValidationFraction, or give more rows.", nameof(texts));
        }

        // Some at a time: rows that were held out may be larger than memory.
        float[] scores = [.. held.Chunk(ScoredAtOnce).SelectMany(some => Score([.. some.Select(row => texts[row])], secondTexts is null ? null : [.. some.Select(row => secondTexts[row])]).Values)];
        Thresholds = LabelThresholds.Tune([.. held.Select(row => labels[row])], scores);
    }
}

/// <summary>What multi_label_classifier.json holds.</summary>
/// <param name="Thresholds">From which probability on each label counts as found (K).</param>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
/// <param name="Pooling">How a text's tokens become the vector that the head reads.</param>
/// <param name="Labels">The names of the labels; null where nobody gave any.</param>
internal sealed record MultiLabelSettings(IReadOnlyList<float> Thresholds, int MaxSequenceLength, Precision ScoringPrecision, bool Pairs, TextPooling Pooling, IReadOnlyList<string>? Labels = null) : IHeadSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem =>
        Thresholds is not { Count: > 0 } || Thresholds.Any(threshold => !(threshold is > 0 and < 1)) ? "Its thresholds must be numbers above 0 and below 1, one a label"
        : MaxSequenceLength < 1 ? $"It names texts of {MaxSequenceLength} tokens; there must be at least 1"
        : Labels is { } names && (names.Count != Thresholds.Count || names.Any(name => name is null)) ? $"It names {Thresholds.Count} thresholds and {names.Count} labels; each label needs one"
        : null;
}
