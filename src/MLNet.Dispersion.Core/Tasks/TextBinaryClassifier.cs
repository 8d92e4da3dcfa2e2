using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that answers yes or no to each text, or pair of texts.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives one number a text, the logarithm of the odds of yes: above 0 for yes; its sigmoid is the probability of yes. Scoring is
/// thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
public sealed class TextBinaryClassifier : FineTunedTextModel
{
    private static readonly HeadFiles Files = new("binary_classifier");

    private TextBinaryClassifier(FittedHead fitted)
        : base(fitted)
    {
    }

    /// <summary>Fine-tunes a backbone on texts, or pairs of texts, with a yes or no each.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">One a text; not all the same.</param>
    /// <param name="options">How to train. Losses that it reports are cross-entropies in nats.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, labels that are all the same, a bad weight, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextBinaryClassifier Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<bool> labels,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextBinaryClassifier, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        options = Checked(backbone, options, "binary text classification");
        int[] classes = [.. labels.Select(label => label ? 1 : 0)];
        LabelledTexts.Check(texts, secondTexts, classes, classCount: 2);
        ExampleWeights.Check(texts.Count, exampleWeights);
        BinaryClassifierSettings? saved = Files.ToGoOnFrom<BinaryClassifierSettings>(backbone, options);
        return new TextBinaryClassifier(FittedHead.Train(
            backbone,
            options,
            texts,
            secondTexts,
            new HeadLabels([], ProblemType.MultiLabel),
            1,
            (head, _) => new BinaryClassificationObjective(head, labels, options.LabelSmoothing, ExampleWeights.Of(classes, exampleWeights, options.ClassWeights)),
            saved: SavedHead.Of(Files, backbone.Source, saved, 1),
            metric: metric is null ? null : fitted => metric(new TextBinaryClassifier(fitted))));
    }

    /// <summary>Reads a classifier that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextBinaryClassifier Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<BinaryClassifierSettings>(source);
        return new TextBinaryClassifier(FittedHead.Load(source, device, Files, settings, outputCount: 1));
    }

    /// <summary>Gets <see cref="ProblemType.MultiLabel"/>: one label that a text has or has not.</summary>
    public override ProblemType ProblemType => ProblemType.MultiLabel;

    private protected override float[] Finish(Tensor outputs) => Numbers(outputs);

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new BinaryClassifierSettings(MaxSequenceLength, ScoringPrecision, ReadsPairs, head.Pooling), GeometryHistory);
}

/// <summary>What binary_classifier.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
/// <param name="Pooling">How a text's tokens become the vector that the head reads; files of version 1 do not name it, and mean the family's own.</param>
internal sealed record BinaryClassifierSettings(int MaxSequenceLength, Precision ScoringPrecision, bool Pairs, TextPooling Pooling = TextPooling.Family) : IHeadSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem => MaxSequenceLength < 1 ? $"It names texts of {MaxSequenceLength} tokens; there must be at least 1" : null;
}
