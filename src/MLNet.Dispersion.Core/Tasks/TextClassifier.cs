using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that gives each text, or pair of texts, a probability for each class.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives class probabilities, <c>[rows * K]</c>; each row sums to 1. Scoring is thread-safe; concurrent callers may run side by side.
/// The owner disposes it, which frees the weights.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// string[] texts = ["I was charged twice.", "The app crashes.", "Where is my invoice?", "It freezes at start."];
/// int[] labels = [0, 1, 0, 1];
/// using TextClassifier classifier = TextClassifier.Train(ModelSource.TinyEnglish, texts, labels, classCount: 2, new FineTuneOptions { Epochs = 5, ValidationFraction = 0 });
/// TextScores scores = classifier.Score(["A refund, please."]);
/// </code>
/// </example>
public sealed class TextClassifier : FineTunedTextModel
{
    private static readonly HeadFiles Files = new("classifier");

    private TextClassifier(FittedHead fitted)
        : base(fitted)
    {
    }

    /// <summary>Gets the number of classes (K).</summary>
    public int ClassCount => OutputCount;

    /// <summary>Gets the names of the classes, by their indices; empty where nobody gave any.</summary>
    public IReadOnlyList<string> LabelNames => Names;

    /// <summary>Fine-tunes a backbone on labelled texts, or pairs of texts.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Class indices 0..K-1, one a text.</param>
    /// <param name="classCount">Classes (K), at least 2.</param>
    /// <param name="options">How to train.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <param name="labelNames">The names of the classes, by their indices; null (default) for none. <see cref="HeadStart.Pretrained"/> compares them with the head's.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="windowOverlap">Reads texts longer than the model does in windows, of which neighbours share so many tokens, at least 0: each is learned with the text's label, all of one text counting as much as another text,
    /// and a text's probabilities are the means of its windows'. Null (default): such texts are cut off. Saved with the model; for single texts alone.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label out of range, a bad weight, fewer than two classes present, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextClassifier Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<int> labels,
        int classCount,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null,
        IReadOnlyList<string>? labelNames = null,
        IReadOnlyList<float>? exampleWeights = null,
        int? windowOverlap = null,
        Func<TextClassifier, double>? metric = null)
    {
        options = Checked(backbone, options, "text classification");
        LabelledTexts.Check(texts, secondTexts, labels, classCount);
        ExampleWeights.Check(texts.Count, exampleWeights);
        if (labelNames is not null && labelNames.Count != classCount)
        {
            throw new ArgumentException($"There are {labelNames.Count} names of classes and {classCount} classes; each needs one.", nameof(labelNames));
        }

        CheckWindows(windowOverlap, secondTexts is not null);
        ClassifierSettings? saved = Files.ToGoOnFrom<ClassifierSettings>(backbone, options);
        return new TextClassifier(FittedHead.Train(
            backbone,
            options,
            texts,
            secondTexts,
            new HeadLabels(labelNames ?? [], ProblemType.SingleLabel),
            classCount,
            (head, encoded) =>
            {
                IReadOnlyList<int> ofRows = encoded.Spread(labels);
                return new ClassificationObjective(head, ofRows, options.LabelSmoothing, ExampleWeights.Of(ofRows, encoded.SharedWeights(exampleWeights), options.ClassWeights));
            },
            windowOverlap,
            saved: SavedHead.Of(Files, backbone.Source, saved, saved?.ClassCount ?? 0, saved?.Labels),
            metric: metric is null ? null : fitted => metric(new TextClassifier(fitted))));
    }

    /// <summary>Opens a classifier of Hugging Face's library, with the head and the labels of its files: ready to score, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="pairs">Whether it reads pairs of texts, such as a premise and a hypothesis. Default false.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a text, or of a pair; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for classes of whole texts; the message says what they hold.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextClassifier FromPretrained(ModelSource model, bool pairs = false, string device = "auto", int? maxSequenceLength = null) =>
        new(FittedHead.OfPretrained(model ?? throw new ArgumentNullException(nameof(model)), device, maxSequenceLength, pairs, ProblemType.SingleLabel));

    /// <summary>Reads a classifier that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextClassifier Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<ClassifierSettings>(source);
        return new TextClassifier(FittedHead.Load(source, device, Files, settings, settings.ClassCount, settings.Labels));
    }

    /// <inheritdoc/>
    public override ProblemType ProblemType => ProblemType.SingleLabel;

    /// <summary>Gets how many tokens neighbouring windows of texts share that are longer than the model reads; null where those are cut off.</summary>
    public int? WindowOverlap => Fitted.WindowOverlap;

    /// <summary>Checks how long texts are to be read.</summary>
    /// <param name="windowOverlap">Tokens that windows share; null for none.</param>
    /// <param name="pairs">Whether rows are pairs of texts.</param>
    /// <exception cref="ArgumentException">It is below 0, or rows are pairs.</exception>
    public static void CheckWindows(int? windowOverlap, bool pairs)
    {
        if (windowOverlap < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(windowOverlap), windowOverlap, FormattableString.Invariant($"The overlap of windows is {windowOverlap} tokens; it must be at least 0, or null to cut long texts off."));
        }

        if (windowOverlap is not null && pairs)
        {
            throw new ArgumentException("Pairs of texts are not read in windows. Leave the overlap of windows null, or join the texts yourself.", nameof(windowOverlap));
        }
    }

    private protected override float[] Finish(Tensor outputs) => Numbers(outputs.softmax(1));

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new ClassifierSettings(ClassCount, MaxSequenceLength, ScoringPrecision, ReadsPairs, head.Pooling, WindowOverlap, Names.Count > 0 ? Names : null), GeometryHistory);
}

/// <summary>What classifier.json holds.</summary>
/// <param name="ClassCount">Classes (K).</param>
/// <param name="MaxSequenceLength">The most tokens of one text, or of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring; files of builds that had no choice do not name it.</param>
/// <param name="Pairs">Whether it reads pairs of texts.</param>
/// <param name="Pooling">How a text's tokens become the vector that the head reads; files of version 1 do not name it, and mean the family's own.</param>
/// <param name="WindowOverlap">How many tokens neighbouring windows of long texts share; null where those are cut off.</param>
/// <param name="Labels">The names of the classes; null where nobody gave any.</param>
internal sealed record ClassifierSettings(
    int ClassCount, int MaxSequenceLength, Precision ScoringPrecision = Precision.Float32, bool Pairs = false, TextPooling Pooling = TextPooling.Family, int? WindowOverlap = null, IReadOnlyList<string>? Labels = null) : IHeadSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem => ClassCount < 2 || MaxSequenceLength < 1 || WindowOverlap < 0
        ? $"It names {ClassCount} classes and texts of {MaxSequenceLength} tokens; there must be at least 2 and 1, and an overlap of at least 0"
        : Labels is { } names && (names.Count != ClassCount || names.Any(name => name is null)) ? $"It names {ClassCount} classes and {names.Count} labels; each class needs one"
        : null;
}
