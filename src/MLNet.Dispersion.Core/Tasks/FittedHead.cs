using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What training, or loading, makes of a backbone: the language model, the head on it, and how its texts become tokens. Owns both.</summary>
internal sealed class FittedHead : IDisposable
{
    /// <param name="model">The language model; owned from then on.</param>
    /// <param name="head">The head; owned from then on.</param>
    /// <param name="encoder">Makes tokens of texts.</param>
    /// <param name="pairs">Whether it reads pairs of texts.</param>
    internal FittedHead(PretrainedLanguageModel model, ScoreHead head, TextEncoder encoder, bool pairs)
    {
        Model = model;
        Head = head;
        Encoder = encoder;
        Pairs = pairs;
    }

    internal PretrainedLanguageModel Model { get; }

    internal ScoreHead Head { get; }

    internal TextEncoder Encoder { get; }

    /// <summary>Whether it reads pairs of texts.</summary>
    internal bool Pairs { get; }

    internal Precision ScoringPrecision { get; private init; }

    internal AdapterSaving AdapterSaving { get; private init; } = AdapterSaving.Everything;

    internal FineTuneResult? TrainingResult { get; private init; }

    internal IReadOnlyList<GeometrySnapshot> GeometryHistory { get; private init; } = [];

    internal int TruncatedTrainingRows { get; private init; }

    /// <summary>Loads a backbone, gives it a new head and trains both.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="options">How to train; checked, and no one else's.</param>
    /// <param name="texts">The texts, or the first ones of pairs; checked.</param>
    /// <param name="secondTexts">The second ones; null for single texts.</param>
    /// <param name="outputCount">Numbers a text (K).</param>
    /// <param name="objective">Makes the task of the head; it has the rows' targets.</param>
    internal static FittedHead Train(
        ModelSource backbone,
        FineTuneOptions options,
        IReadOnlyList<string?> texts,
        IReadOnlyList<string?>? secondTexts,
        int outputCount,
        Func<ScoreHead, TrainingObjective> objective)
    {
        TorchRuntime.EnsureLoaded();
        Device device = TorchRuntime.SelectDevice(options.Device);
        var model = PretrainedLanguageModel.Load(backbone, new ModelLoadOptions { Device = device });
        ScoreHead? head = null;
        try
        {
            options.Pooling ??= model.DefaultPooling;
            var encoder = new TextEncoder(model, options.MaxSequenceLength, secondTexts is not null);
            EncodedTexts encoded = encoder.Encode(texts, secondTexts);
            head = ScoreHead.Create(model.Backbone.Info.FinalSize, outputCount, options.Seed ?? 0, device, options.Pooling.Value);
            IReadOnlyList<int[]>? probeTexts = options.GeometryProbe?.Texts is { } probe ? encoder.Encode(probe).Sequences : null;
            var result = MeasuredTraining.Run(model.Backbone, objective(head), new TrainingRows(encoded), options, device, probeTexts);
            return new FittedHead(model, head, encoder, secondTexts is not null)
            {
                ScoringPrecision = options.ScoringPrecision,
                AdapterSaving = options.Lora?.Saving ?? AdapterSaving.Everything,
                TrainingResult = result,
                GeometryHistory = result.GeometryHistory,
                TruncatedTrainingRows = encoded.Truncated,
            };
        }
        catch
        {
            head?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads what a model with a head wrote.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    internal static FittedHead Load(FileSource source, string device, HeadFiles files, IHeadSettings settings, int outputCount)
    {
        TorchRuntime.EnsureLoaded();
        Device target = TorchRuntime.SelectDevice(device);
        var model = PretrainedLanguageModel.Load(ModelSource.FromSource(source.Name, source), new ModelLoadOptions { Device = target });
        ScoreHead? head = null;
        try
        {
            model.Backbone.eval();
            head = files.ReadHead(source, outputCount, model.Backbone.Info.FinalSize, settings.Pooling, target);
            var encoder = new TextEncoder(model, settings.MaxSequenceLength, settings.Pairs);
            return new FittedHead(model, head, encoder, settings.Pairs)
            {
                ScoringPrecision = settings.ScoringPrecision,
                AdapterSaving = model.Adapter?.Saving ?? AdapterSaving.Everything,
                GeometryHistory = GeometryHistoryFile.Read(source),
            };
        }
        catch
        {
            head?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Head.Dispose();
        Model.Dispose();
    }
}
