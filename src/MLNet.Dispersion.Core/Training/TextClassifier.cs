using MLNet.Dispersion.Geometry;
using MLNet.Dispersion.Hub;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>A backbone with a classification head on the last real token of each text.</summary>
/// <remarks>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.</remarks>
public sealed class TextClassifier : IDisposable
{
    private readonly PretrainedLanguageModel _model;
    private readonly ClassificationHead _head;
    private readonly TextEncoder _encoder;
    private readonly ClassifierScorer _scorer;
    private volatile Precision _scoringPrecision;
    private int _disposed;

    private TextClassifier(PretrainedLanguageModel model, ClassificationHead head, TextEncoder encoder, Precision scoringPrecision)
    {
        _model = model;
        _head = head;
        _encoder = encoder;
        _scorer = new ClassifierScorer(model, head);
        _scoringPrecision = scoringPrecision;
    }

    /// <summary>Classes (K).</summary>
    public int ClassCount => _head.ClassCount;

    /// <summary>The most tokens of a text that are looked at.</summary>
    public int MaxSequenceLength => _encoder.MaxTokens;

    /// <summary>The language model below the head, as fine-tuned; it stays this object's and lives as long. Use it for diagnostics.</summary>
    public PretrainedLanguageModel LanguageModel => _model;

    /// <summary>
    /// The number type in which texts are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the classifier. May be set at any time; calls of <see cref="Score"/> that begin later follow it.
    /// </summary>
    /// <remarks>
    /// In bfloat16 the weights are converted once, at the first text, and kept as well: half as much memory again. The copies follow training of <see cref="LanguageModel"/>;
    /// after weights were edited by hand, load the classifier anew.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    public Precision ScoringPrecision
    {
        get => _scoringPrecision;
        set => _scoringPrecision = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"ScoringPrecision is {value}; it must be one of {string.Join(", ", Enum.GetNames<Precision>())}.");
    }

    /// <summary>What <see cref="Save"/> writes where <see cref="LanguageModel"/> carries a low-rank adapter: as <see cref="LoraOptions.Saving"/> said in training, or as the loaded files were.</summary>
    public AdapterSaving AdapterSaving { get; init; } = AdapterSaving.Everything;

    /// <summary>How training went; null for a classifier that was loaded.</summary>
    public FineTuneResult? TrainingResult { get; private init; }

    /// <summary>How condensed the backbone was on a fixed sample of texts: before training first, with these weights last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the classifier.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; private init; } = [];

    /// <summary>Texts of the training rows that were longer than <see cref="MaxSequenceLength"/> and were cut off.</summary>
    public int TruncatedTrainingRows { get; private init; }

    /// <summary>Fine-tunes a backbone on labelled texts.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Class indices 0..K-1, one a text.</param>
    /// <param name="classCount">Classes (K), at least 2.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label out of range, fewer than two classes present, or a bad option.</exception>
    /// <exception cref="CheckpointException">The backbone's checkpoint is missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextClassifier Train(Backbone backbone, IReadOnlyList<string?> texts, IReadOnlyList<int> labels, int classCount, FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Clone();
        options.Validate();
        TeacherCheck.Refuse(options, "text classification");
        LabelledTexts.Check(texts, labels, classCount);
        TorchRuntime.EnsureLoaded();
        Device device = TorchRuntime.SelectDevice(options.Device);
        var model = PretrainedLanguageModel.Load(backbone, device);
        ClassificationHead? head = null;
        try
        {
            var encoder = new TextEncoder(model, options.MaxSequenceLength);
            var sequences = encoder.Encode(texts, out int truncated);
            head = ClassificationHead.Create(model.Backbone.Info.HiddenSize, classCount, options.Seed ?? 0, device);
            var rows = new TrainingRows(sequences, labels);
            int[][]? probeTexts = options.GeometryProbe?.Texts is { } probe ? encoder.Encode(probe, out _) : null;
            var result = FineTuneLoop.Run(model.Backbone, new ClassificationObjective(head), rows, options, device, probeTexts);
            return new TextClassifier(model, head, encoder, options.ScoringPrecision) { AdapterSaving = options.Lora?.Saving ?? AdapterSaving.Everything, TrainingResult = result, GeometryHistory = result.GeometryHistory, TruncatedTrainingRows = truncated };
        }
        catch
        {
            head?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads a classifier that <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="CheckpointException">Files are missing or damaged.</exception>
    public static TextClassifier Load(CheckpointSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        TorchRuntime.EnsureLoaded();
        Device target = TorchRuntime.SelectDevice(device);
        var settings = ClassifierCheckpoint.ReadSettings(source);
        var model = BackboneFiles.Load(Backbone.FromSource(source.Name, source), target, out AdapterSaving saving);
        try
        {
            model.Backbone.eval();
            var head = ClassifierCheckpoint.ReadHead(source, settings, model.Backbone.Info.HiddenSize, target);
            return new TextClassifier(model, head, new TextEncoder(model, settings.MaxSequenceLength), settings.ScoringPrecision) { AdapterSaving = saving, GeometryHistory = ClassifierCheckpoint.ReadGeometry(source) };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Scores texts in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts; null and blank ones count as empty.</param>
    /// <param name="truncated">How many of them were longer than <see cref="MaxSequenceLength"/> and were cut off.</param>
    /// <returns>Class probabilities, row after row, <c>[rows * K]</c>; each row sums to 1.</returns>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public float[] Score(IReadOnlyList<string?> texts, out int truncated)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var sequences = _encoder.Encode(texts, out truncated);
        return _scorer.Score(sequences, PrecisionResolver.ComputeType(ScoringPrecision, _scorer.Device));
    }

    /// <summary>Writes everything that <see cref="Load"/> needs: configuration, tokenizer, weights (float32); or the adapter alone, see <see cref="AdapterSaving"/>.</summary>
    /// <param name="sink">Where to.</param>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public void Save(CheckpointSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        BackboneFiles.Save(sink, _model, AdapterSaving);
        ClassifierCheckpoint.Write(sink, _head, new ClassifierSettings(ClassifierSettings.CurrentVersion, ClassCount, MaxSequenceLength, ScoringPrecision), GeometryHistory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _head.Dispose();
            _model.Dispose();
        }
    }
}
