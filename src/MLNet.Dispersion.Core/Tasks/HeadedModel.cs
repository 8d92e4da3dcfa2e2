using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone with a linear head on each text: what classifiers and regressors have in common. Scoring is thread-safe; the owner disposes it.</summary>
internal sealed class HeadedModel : IDisposable
{
    private readonly ScoreHead _head;
    private readonly TextEncoder _encoder;
    private readonly HeadScorer _scorer;
    private volatile Precision _scoringPrecision;
    private int _disposed;

    private HeadedModel(PretrainedLanguageModel model, ScoreHead head, TextEncoder encoder, bool pairs, Precision scoringPrecision)
    {
        LanguageModel = model;
        _head = head;
        _encoder = encoder;
        Pairs = pairs;
        _scorer = new HeadScorer(model, head);
        _scoringPrecision = scoringPrecision;
    }

    internal PretrainedLanguageModel LanguageModel { get; }

    /// <summary>Numbers a text (K).</summary>
    internal int OutputCount => _head.OutputCount;

    internal int MaxTokens => _encoder.MaxTokens;

    /// <summary>Whether it reads pairs of texts.</summary>
    internal bool Pairs { get; }

    internal Precision ScoringPrecision
    {
        get => _scoringPrecision;
        set => _scoringPrecision = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"ScoringPrecision is {value}; it must be one of {string.Join(", ", Enum.GetNames<Precision>())}.");
    }

    internal AdapterSaving AdapterSaving { get; private init; } = AdapterSaving.Everything;

    internal FineTuneResult? TrainingResult { get; private init; }

    internal IReadOnlyList<GeometrySnapshot> GeometryHistory { get; private init; } = [];

    internal int TruncatedTrainingRows { get; private init; }

    /// <summary>Loads a backbone, gives it a new head and trains both.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="options">How to train; checked, and no one else's.</param>
    /// <param name="texts">The texts, or the first ones of pairs.</param>
    /// <param name="secondTexts">The second ones; null for single texts.</param>
    /// <param name="outputCount">Numbers a text (K).</param>
    /// <param name="objective">Makes the task of the head.</param>
    /// <param name="rows">Puts labels beside the texts.</param>
    internal static HeadedModel Train(
        ModelSource backbone,
        FineTuneOptions options,
        IReadOnlyList<string?> texts,
        IReadOnlyList<string?>? secondTexts,
        int outputCount,
        Func<ScoreHead, TrainingObjective> objective,
        Func<EncodedTexts, TrainingRows> rows)
    {
        TorchRuntime.EnsureLoaded();
        Device device = TorchRuntime.SelectDevice(options.Device);
        var model = PretrainedLanguageModel.Load(backbone, device);
        ScoreHead? head = null;
        try
        {
            var encoder = new TextEncoder(model, options.MaxSequenceLength, secondTexts is not null);
            EncodedTexts encoded = encoder.Encode(texts, secondTexts);
            head = ScoreHead.Create(model.Backbone.Info.HiddenSize, outputCount, options.Seed ?? 0, device);
            IReadOnlyList<int[]>? probeTexts = options.GeometryProbe?.Texts is { } probe ? encoder.Encode(probe).Sequences : null;
            var result = FineTuneLoop.Run(model.Backbone, objective(head), rows(encoded), options, device, probeTexts);
            return new HeadedModel(model, head, encoder, secondTexts is not null, options.ScoringPrecision) { AdapterSaving = options.Lora?.Saving ?? AdapterSaving.Everything, TrainingResult = result, GeometryHistory = result.GeometryHistory, TruncatedTrainingRows = encoded.Truncated };
        }
        catch
        {
            head?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    internal static HeadedModel Load(FileSource source, string device, HeadFiles files, IHeadSettings settings, int outputCount)
    {
        TorchRuntime.EnsureLoaded();
        Device target = TorchRuntime.SelectDevice(device);
        var model = BackboneFiles.Load(ModelSource.FromSource(source.Name, source), target, out AdapterSaving saving);
        ScoreHead? head = null;
        try
        {
            model.Backbone.eval();
            head = files.ReadHead(source, outputCount, model.Backbone.Info.HiddenSize, target);
            var encoder = new TextEncoder(model, settings.MaxSequenceLength, settings.Pairs);
            return new HeadedModel(model, head, encoder, settings.Pairs, settings.ScoringPrecision) { AdapterSaving = saving, GeometryHistory = GeometryHistoryFile.Read(source) };
        }
        catch
        {
            head?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>What the head says of texts, in one length-sorted sweep: <c>[rows * K]</c>.</summary>
    /// <param name="owner">The public object, for messages.</param>
    /// <param name="texts">The texts, or the first ones of pairs.</param>
    /// <param name="secondTexts">The second ones; null for single texts.</param>
    /// <param name="finish">What is made of the head's outputs <c>[B, K]</c>.</param>
    /// <param name="truncated">How many were cut off.</param>
    internal float[] Score(object owner, IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, Func<Tensor, Tensor> finish, out int truncated)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ThrowIfDisposed(owner);
        TextPairs.CheckKind(Pairs, secondTexts);
        TextPairs.Check(texts, secondTexts);
        EncodedTexts encoded = _encoder.Encode(texts, secondTexts);
        truncated = encoded.Truncated;
        return _scorer.Score(encoded, PrecisionResolver.ComputeType(ScoringPrecision, _scorer.Device), finish);
    }

    /// <summary>Writes configuration, tokenizer, weights (float32), or the adapter alone, and head.</summary>
    internal void Save<TSettings>(object owner, FileSink sink, HeadFiles files, TSettings settings)
        where TSettings : class, IHeadSettings
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed(owner);
        BackboneFiles.Save(sink, LanguageModel, AdapterSaving);
        files.Write(sink, _head, settings, GeometryHistory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _head.Dispose();
            LanguageModel.Dispose();
        }
    }

    private void ThrowIfDisposed(object owner) => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, owner);
}
