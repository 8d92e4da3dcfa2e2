namespace MLNet.Dispersion;

/// <summary>What training, or loading, makes of a backbone: the language model, the head on it, and how its texts become tokens. Owns both.</summary>
internal sealed class FittedHead : FittedBackbone
{
    /// <param name="model">The language model; owned from then on.</param>
    /// <param name="head">The head; owned from then on.</param>
    /// <param name="encoder">Makes tokens of texts.</param>
    /// <param name="pairs">Whether it reads pairs of texts.</param>
    internal FittedHead(PretrainedLanguageModel model, ITextHead head, TextEncoder encoder, bool pairs)
        : base(model, encoder) => (Head, Pairs) = (head, pairs);

    internal ITextHead Head { get; }

    /// <summary>Whether it reads pairs of texts.</summary>
    internal bool Pairs { get; }

    /// <summary>How many tokens neighbouring windows of texts share that are longer than the model reads; null where those are cut off.</summary>
    internal int? WindowOverlap { get; private init; }

    /// <inheritdoc/>
    internal override int OutputCount => Head.OutputCount;

    /// <summary>Takes a model's network as it is, with a head that has nothing to learn.</summary>
    /// <param name="source">The model's files.</param>
    /// <param name="device">As the loading of fitted models has it.</param>
    /// <param name="maxTokens">The most tokens of a text; null for what the files say, else the context length.</param>
    /// <param name="makeHead">Makes the head.</param>
    internal static FittedHead OfModel(ModelSource source, string device, int? maxTokens, Func<PretrainedLanguageModel, ITextHead> makeHead) => Open(source, device, model =>
    {
        model.Backbone.eval();
        return new FittedHead(model, makeHead(model), new TextEncoder(model, maxTokens), pairs: false);
    });

    /// <summary>Takes the head that came with a model's files.</summary>
    /// <param name="source">The files.</param>
    /// <param name="device">As the loading of fitted models has it.</param>
    /// <param name="maxSequenceLength">The most tokens of a text, or of a pair; null for the context length.</param>
    /// <param name="pairs">Whether it reads pairs of texts.</param>
    /// <param name="problem">What its numbers must mean.</param>
    /// <exception cref="ArgumentException">There is no such head.</exception>
    internal static FittedHead OfPretrained(ModelSource source, string device, int? maxSequenceLength, bool pairs, ProblemType problem) => Open(source, device, model =>
    {
        PretrainedHead own = HeadMaking.Require(model, problem, "PretrainedLanguageModel.Head shows what they hold.");
        return new FittedHead(model, new ScoreHead(own), new TextEncoder(model, maxSequenceLength, pairs), pairs) { LabelNames = own.Labels };
    });

    /// <summary>Makes tokens of texts, or pairs, as the head reads them.</summary>
    internal EncodedTexts Encode(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts) => Encode(Encoder, Head, texts, secondTexts, WindowOverlap);

    /// <summary>Loads a backbone, gives it a new head and trains both.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="options">How to train; checked, and no one else's.</param>
    /// <param name="texts">The texts, or the first ones of pairs; checked.</param>
    /// <param name="secondTexts">The second ones; null for single texts.</param>
    /// <param name="labels">Names and meaning of the numbers of a text; no names where the caller has none.</param>
    /// <param name="outputCount">Numbers a text (K).</param>
    /// <param name="objective">Makes the task of the head, with the targets of the rows that texts were encoded into.</param>
    /// <param name="windowOverlap">How many tokens neighbouring windows of texts share that are longer than the model reads; null to cut those off.</param>
    /// <param name="counts">How many of the texts belong to each training row; null where each is one.</param>
    /// <param name="saved">A head that lies beside the backbone's weights, to go on from; null for none.</param>
    /// <param name="metric">A figure of the caller's by which the best weights are chosen, of the model as it is; null for none.</param>
    internal static FittedHead Train(
        ModelSource backbone,
        FineTuneOptions options,
        IReadOnlyList<string?> texts,
        IReadOnlyList<string?>? secondTexts,
        HeadLabels labels,
        int outputCount,
        Func<ScoreHead, EncodedTexts, TrainingObjective> objective,
        int? windowOverlap = null,
        IReadOnlyList<int>? counts = null,
        SavedHead? saved = null,
        Func<FittedHead, double>? metric = null) =>
        Train(backbone, options, texts, secondTexts, model => HeadMaking.Make(model, options, labels, outputCount, saved), objective, windowOverlap, counts, saved?.Pooling, labels.Names, metric);

    /// <summary>Loads a backbone, gives it a head of any kind, made when <see cref="FineTuneOptions.Pooling"/> is filled in, and trains both.</summary>
    internal static FittedHead Train<THead>(
        ModelSource backbone,
        FineTuneOptions options,
        IReadOnlyList<string?> texts,
        IReadOnlyList<string?>? secondTexts,
        Func<PretrainedLanguageModel, THead> makeHead,
        Func<THead, EncodedTexts, TrainingObjective> objective,
        int? windowOverlap,
        IReadOnlyList<int>? counts,
        TextPooling? savedPooling,
        IReadOnlyList<string> labels,
        Func<FittedHead, double>? metric)
        where THead : class, ITextHead => Open(backbone, options.Device, model =>
        {
            TextPooling? pooling = SavedHead.PoolingFor(options, savedPooling);
            options.Pooling ??= pooling ?? (options.HeadStart == HeadStart.Linear ? model.DefaultPooling : TextPooling.Family);
            var encoder = new TextEncoder(model, options.MaxSequenceLength, secondTexts is not null);
            THead head = makeHead(model);
            try
            {
                bool hasPairs = secondTexts is not null, hasWindows = windowOverlap is not null;
                using StoredRows rows = StoredEncoding.Make(
                    options.Storage,
                    texts.Count,
                    () => RowKey.Of(model, FormattableString.Invariant($"texts {encoder.MaxTokens} {windowOverlap} {hasPairs} {head.Own?.Spec}"), texts, secondTexts ?? []),
                    some => Encode(encoder, head, [.. some.Select(row => texts[row])], hasPairs ? [.. some.Select(row => secondTexts![row])] : null, windowOverlap),
                    isPlain: !hasPairs && !hasWindows);
                EncodedTexts encoded = StoredEncoding.Read(rows, hasPairs, hasWindows);
                IReadOnlyList<int[]>? probeTexts = options.GeometryProbe?.Texts is { } probe ? encoder.Encode(probe).Sequences : null;
                var inTraining = new FittedHead(model, head, encoder, secondTexts is not null) { WindowOverlap = windowOverlap, ScoringPrecision = options.ScoringPrecision, LabelNames = head.Own?.Labels ?? labels };
                if (metric is not null)
                {
                    options.ChooseBy(_ => metric(inTraining));
                }

                var result = MeasuredTraining.Run(model, objective(head, encoded), new TrainingRows(encoded, counts), options, probeTexts);
                return new FittedHead(model, head, encoder, secondTexts is not null)
                {
                    WindowOverlap = windowOverlap,
                    LabelNames = inTraining.LabelNames,
                    ScoringPrecision = options.ScoringPrecision,
                    AdapterSaving = options.Lora?.Saving ?? AdapterSaving.Everything,
                    TrainingResult = result,
                    GeometryHistory = result.GeometryHistory,
                    TruncatedTrainingRows = encoded.Truncated,
                };
            }
            catch
            {
                head.Dispose();
                throw;
            }
        });

    /// <summary>Reads what a model with a head wrote.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    internal static FittedHead Load(FileSource source, string device, HeadFiles files, IHeadSettings settings, int outputCount, IReadOnlyList<string>? labels = null) =>
        Load(source, device, settings, labels ?? [], model => files.HoldOwnHead(source) ? OwnHead(source, model, outputCount) : files.ReadHead(source, outputCount, model.Backbone.Info.FinalSize, settings.Pooling, model.Device));

    /// <summary>Reads what a model with a head of any kind wrote.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    internal static FittedHead Load(FileSource source, string device, IHeadSettings settings, IReadOnlyList<string> labels, Func<PretrainedLanguageModel, ITextHead> readHead) => Open(ModelSource.FromSource(source.Name, source), device, model =>
    {
        model.Backbone.eval();
        ITextHead head = readHead(model);
        try
        {
            return new FittedHead(model, head, new TextEncoder(model, settings.MaxSequenceLength, settings.Pairs), settings.Pairs)
            {
                WindowOverlap = settings.WindowOverlap,
                LabelNames = head.Own?.Labels ?? labels,
                ScoringPrecision = settings.ScoringPrecision,
                AdapterSaving = model.Adapter?.Saving ?? AdapterSaving.Everything,
                GeometryHistory = GeometryHistoryFile.Read(source),
            };
        }
        catch
        {
            head.Dispose();
            throw;
        }
    });

    private static ScoreHead OwnHead(FileSource source, PretrainedLanguageModel model, int outputCount) => model.Head is { Task: HeadTask.Sequence } own && own.OutputCount == outputCount
        ? new ScoreHead(own)
        : throw new ModelFileException(source.Describe("config.json"), $"It must describe a head of {outputCount} numbers a text, which the saved model has among its weights. Save the model again.");

    private static EncodedTexts Encode(TextEncoder encoder, ITextHead head, IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, int? windowOverlap)
    {
        EncodedTexts encoded = windowOverlap is { } overlap ? encoder.EncodeWindows(texts, overlap) : encoder.Encode(texts, secondTexts);
        return head.Own is { } own ? encoded with { Sequences = [.. encoded.Sequences.Select(own.Trimmed)] } : encoded;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Head.Dispose();
        base.Dispose();
    }
}
