namespace MLNet.Dispersion;

/// <summary>A backbone with a classification head on each text: on the state of its last real token for decoders, on the pooled first token for BERT.</summary>
/// <remarks>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.</remarks>
public sealed class TextClassifier : IDisposable
{
    private static readonly HeadFiles Files = new("classifier");
    private readonly HeadedModel _model;

    private TextClassifier(HeadedModel model) => _model = model;

    /// <summary>Classes (K).</summary>
    public int ClassCount => _model.OutputCount;

    /// <summary>The most tokens of a text, or of a pair of texts, that are looked at.</summary>
    public int MaxSequenceLength => _model.MaxTokens;

    /// <summary>Whether it was trained on pairs of texts, and scores pairs.</summary>
    public bool ReadsPairs => _model.Pairs;

    /// <summary>The language model below the head, as fine-tuned; it stays this object's and lives as long. Use it for diagnostics.</summary>
    public PretrainedLanguageModel LanguageModel => _model.LanguageModel;

    /// <summary>
    /// The number type in which texts are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the classifier. May be set at any time; calls of <see cref="Score(IReadOnlyList{string?}, out int)"/> that begin later follow it.
    /// </summary>
    /// <remarks>
    /// In bfloat16 the weights are converted once, at the first text, and kept as well: half as much memory again. The copies follow training of <see cref="LanguageModel"/>;
    /// after weights were edited by hand, load the classifier anew.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    public Precision ScoringPrecision
    {
        get => _model.ScoringPrecision;
        set => _model.ScoringPrecision = value;
    }

    /// <summary>What <see cref="Save"/> writes where <see cref="LanguageModel"/> carries a low-rank adapter: as <see cref="LoraOptions.Saving"/> said in training, or as the loaded files were.</summary>
    public AdapterSaving AdapterSaving => _model.AdapterSaving;

    /// <summary>How training went; null for a classifier that was loaded.</summary>
    public FineTuneResult? TrainingResult => _model.TrainingResult;

    /// <summary>How condensed the backbone was on a fixed sample of texts: before training first, with these weights last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the classifier.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory => _model.GeometryHistory;

    /// <summary>Texts (or pairs) of the training rows that were longer than <see cref="MaxSequenceLength"/> and were cut off.</summary>
    public int TruncatedTrainingRows => _model.TruncatedTrainingRows;

    /// <summary>Fine-tunes a backbone on labelled texts, or pairs of texts.</summary>
    /// <remarks>
    /// A pair is one sequence: for decoders the first text, the end-of-sequence token (a line break where there is none) and the second text, for BERT
    /// <c>[CLS] first [SEP] second [SEP]</c>. A pair that is too long loses tokens at the end of the longer text, one by one (<see cref="TextTokenizer.EncodePair"/>).
    /// </remarks>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Class indices 0..K-1, one a text.</param>
    /// <param name="classCount">Classes (K), at least 2.</param>
    /// <param name="options">How to train.</param>
    /// <param name="secondTexts">The second text of each row, where rows are pairs; null (default) for single texts.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label out of range, fewer than two classes present, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's checkpoint is missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextClassifier Train(
        ModelSource backbone,
        IReadOnlyList<string?> texts,
        IReadOnlyList<int> labels,
        int classCount,
        FineTuneOptions options,
        IReadOnlyList<string?>? secondTexts = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Clone();
        options.Validate();
        TeacherCheck.Refuse(options, "text classification");
        LabelledTexts.Check(texts, secondTexts, labels, classCount);
        return new TextClassifier(HeadedModel.Train(
            backbone, options, texts, secondTexts, classCount, head => new ClassificationObjective(head), encoded => new TrainingRows(encoded, labels)));
    }

    /// <summary>Reads a classifier that <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextClassifier Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<ClassifierSettings>(source);
        return new TextClassifier(HeadedModel.Load(source, device, Files, settings, settings.ClassCount));
    }

    /// <summary>Scores texts in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts; null and blank ones count as empty.</param>
    /// <param name="truncated">How many of them were longer than <see cref="MaxSequenceLength"/> and were cut off.</param>
    /// <returns>Class probabilities, row after row, <c>[rows * K]</c>; each row sums to 1.</returns>
    /// <exception cref="ArgumentException">Pairs for a classifier of single texts, single texts for one of pairs, or not one second text for each first.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public float[] Score(IReadOnlyList<string?> texts, out int truncated) => Score(texts, null, out truncated);

    /// <summary>Scores pairs of texts in one length-sorted sweep.</summary>
    /// <param name="texts">The first texts; null and blank ones count as empty.</param>
    /// <param name="secondTexts">The second texts, one for each first; null where the classifier reads single texts.</param>
    /// <param name="truncated">How many pairs were longer than <see cref="MaxSequenceLength"/> and were cut off.</param>
    /// <returns>Class probabilities, row after row, <c>[rows * K]</c>; each row sums to 1.</returns>
    /// <exception cref="ArgumentException">Pairs for a classifier of single texts, single texts for one of pairs, or not one second text for each first.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public float[] Score(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, out int truncated) =>
        _model.Score(this, texts, secondTexts, logits => logits.softmax(1), out truncated);

    /// <summary>Writes everything that <see cref="Load"/> needs: configuration, tokenizer, weights (float32); or the adapter alone, see <see cref="AdapterSaving"/>.</summary>
    /// <param name="sink">Where to.</param>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public void Save(FileSink sink) =>
        _model.Save(this, sink, Files, new ClassifierSettings(ClassCount, MaxSequenceLength, ScoringPrecision, ReadsPairs));

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
