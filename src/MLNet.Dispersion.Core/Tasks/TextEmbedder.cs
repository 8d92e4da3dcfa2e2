using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that gives each text a vector, so that like texts have vectors near one another: for search, for likeness, and as features of any trainer.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives the vectors one behind the other, <c>[rows * K]</c>; <see cref="Embed"/> each by itself. A model that was trained on pairs reads single texts.
/// Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var embedder = TextEmbedder.Train(
///     ModelSource.FromDirectory("all-MiniLM-L6-v2"),
///     [["how do I get my money back?", "the app crashes"], ["refunds", "errors at start"]],   // questions and where they belong
///     new FineTuneOptions());
/// float[][] vectors = embedder.Embed(["where is my refund?", "it freezes"]);
/// Console.WriteLine(TextEmbedder.Cosine(vectors[0], vectors[1]));
/// </code>
/// </example>
public sealed class TextEmbedder : FineTunedTextModel
{
    private static readonly HeadFiles Files = new("embedder");

    private TextEmbedder(FittedHead fitted, bool normalize)
        : base(fitted) => Normalize = normalize;

    /// <summary>Gets whether vectors are scaled to the Euclidean length 1.</summary>
    public bool Normalize { get; }

    /// <summary>Fine-tunes a backbone on rows of texts that belong together.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="columns">The first texts of all rows, their second ones, and any columns of negatives, texts that do not belong to the first; null and blank texts count as empty.</param>
    /// <param name="options">How to train. The negatives of a batch are those of one forward pass (<see cref="FineTuneOptions.MicroBatchSize"/>), however many are added up for a step.</param>
    /// <param name="embedding">The loss, and what comes out; null for the defaults.</param>
    /// <param name="scores">How alike the first and second text of each row are, where that is known; null (default) where rows are pairs that belong together.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, rows that do not fit the loss, a bad score or weight, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextEmbedder Train(
        ModelSource backbone,
        IReadOnlyList<IReadOnlyList<string?>> columns,
        FineTuneOptions options,
        EmbeddingOptions? embedding = null,
        IReadOnlyList<float>? scores = null,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextEmbedder, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        options = Checked(backbone, options, "text embeddings");
        EmbeddingOptions own = embedding?.Clone() ?? new EmbeddingOptions();
        own.Validate();
        own.Loss ??= scores is null ? EmbeddingLoss.MultipleNegatives : EmbeddingLoss.CoSent;
        EmbeddingTexts.CheckColumns(columns, own.Loss.Value, scores);
        EmbeddingTexts.CheckLoss(own.Loss.Value, columns.Count, scores);
        int rows = columns[0].Count;
        ExampleWeights.Check(rows, exampleWeights);
        bool ownPooling = options.Pooling is null;
        EmbedderSettings? saved = Files.ToGoOnFrom<EmbedderSettings>(backbone, options);
        if (saved is not null)
        {
            // Vectors have no head beyond their pooling, which is taken over here.
            options.HeadStart = HeadStart.Linear;
            own.Normalize ??= saved.Normalize;
            own.OutputSize ??= saved.Size;
        }

        var texts = new LazyList<string?>(checked(rows * columns.Count), place => columns[place % columns.Count][place / columns.Count]);
        FittedHead fitted = FittedHead.Train(
            backbone,
            options,
            texts,
            secondTexts: null,
            model =>
            {
                own.Normalize ??= (ownPooling ? model.Sentence?.Normalize : null) ?? own.IsByAngle;
                return MakeHead(model, options.Pooling!.Value, own.OutputSize, Math.Max(own.OutputSize ?? 1, own.MatryoshkaSizes?.Max() ?? 1), saved is null ? null : backbone.Source);
            },
            (head, _) => new EmbeddingObjective(head, own, rows, columns.Count, scores, exampleWeights),
            windowOverlap: null,
            counts: [.. Enumerable.Repeat(columns.Count, rows)],
            savedPooling: saved?.Pooling,
            labels: [],
            metric: metric is null ? null : lent => metric(new TextEmbedder(lent, own.Normalize!.Value)));
        return new TextEmbedder(fitted, own.Normalize!.Value);
    }

    /// <summary>Takes a pretrained model as it is: ready to embed, without training.</summary>
    /// <param name="model">Its files: config.json, model.safetensors and tokenizer files; a directory of sentence-transformers is pooled, cut and scaled as it says.</param>
    /// <param name="pooling">How a text's tokens become its vector; null (default) for what modules.json says, else the mean. Not <see cref="TextPooling.Attention"/>, which is learnt.</param>
    /// <param name="normalize">Whether vectors are scaled to the Euclidean length 1; null (default) for what modules.json says where no pooling is named, else true.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a text; null (default) for what the files say, else as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The pooling is one that must be learnt.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged, or modules.json asks for what is not supported.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextEmbedder FromPretrained(ModelSource model, TextPooling? pooling = null, bool? normalize = null, string device = "auto", int? maxSequenceLength = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (pooling == TextPooling.Attention)
        {
            throw new ArgumentException("TextPooling.Attention reads by a query that training makes. Use another pooling, or TextEmbedder.Train.", nameof(pooling));
        }

        bool scaled = true;
        FittedHead fitted = FittedHead.OfModel(model, device, maxSequenceLength, loaded =>
        {
            scaled = normalize ?? (pooling is null ? loaded.Sentence?.Normalize : null) ?? true;
            return MakeHead(loaded, pooling ?? loaded.DefaultPooling, outputSize: null, largestSize: 1);
        });
        return new TextEmbedder(fitted, scaled);
    }

    /// <summary>Reads an embedder that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextEmbedder Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<EmbedderSettings>(source);
        return new TextEmbedder(FittedHead.Load(source, device, settings, labels: [], model => settings.Size <= model.Backbone.Info.FinalSize
            ? Files.ReadEmbeddingHead(source, settings.Size, model.Backbone.Info.FinalSize, settings.Pooling, model.Device)
            : throw new ModelFileException(source.Describe("embedder.json"), $"It names vectors of {settings.Size} features, and the model has {model.Backbone.Info.FinalSize}. Save the embedder again.")), settings.Normalize);
    }

    /// <summary>Embeds texts in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts; null and blank ones count as empty.</param>
    /// <returns>A vector a text, <c>[K]</c>, in their order; the receiver's own.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public float[][] Embed(IReadOnlyList<string?> texts)
    {
        float[] values = Score(texts).Values;
        return [.. Enumerable.Range(0, texts.Count).Select(text => values.AsSpan(text * OutputCount, OutputCount).ToArray())];
    }

    /// <summary>The cosine of two vectors.</summary>
    /// <param name="first">A vector.</param>
    /// <param name="second">One of the same length.</param>
    /// <returns>-1..1; 0 where one is zero.</returns>
    /// <exception cref="ArgumentException">Their lengths differ.</exception>
    public static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (first.Length != second.Length)
        {
            throw new ArgumentException($"The vectors have {first.Length} and {second.Length} features; both must have as many.", nameof(second));
        }

        double product = 0, left = 0, right = 0;
        for (int i = 0; i < first.Length; i++)
        {
            product += (double)first[i] * second[i];
            left += (double)first[i] * first[i];
            right += (double)second[i] * second[i];
        }

        return left == 0 || right == 0 ? 0 : Math.Clamp(product / Math.Sqrt(left * right), -1, 1);
    }

    /// <summary>Writes a directory that sentence-transformers opens, with modules.json, 1_Pooling and, where vectors are scaled, 2_Normalize. An adapter is merged. <see cref="FromPretrained"/> reads it too.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="labels">Null: embeddings have none.</param>
    /// <param name="options">Number type and size of files; null for the defaults. Pooling and scaling are the embedder's own.</param>
    /// <exception cref="ArgumentException">There are labels, the options ask for an adapter apart, or that library does not know the pooling; or the model is a decoder, whose texts that library would read otherwise.</exception>
    /// <exception cref="NotSupportedException">Vectors are cut to fewer features than the model has, which no file of that library says.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public override void SavePretrained(string directory, IReadOnlyList<string>? labels = null, ModelSaveOptions? options = null)
    {
        ThrowIfDisposed();
        RefuseLabels(labels);
        if (options?.Adapter is not null)
        {
            throw new ArgumentException("ModelSaveOptions.Adapter is set: an embedder for sentence-transformers is written with its adapter merged. Leave it null, or use PretrainedLanguageModel.Save.", nameof(options));
        }

        if (OutputCount < LanguageModel.Backbone.Info.FinalSize)
        {
            throw new NotSupportedException($"Vectors are cut to {OutputCount} of {LanguageModel.Backbone.Info.FinalSize} features, which the files of sentence-transformers do not say. Train without EmbeddingOptions.OutputSize, and open the directory with truncate_dim={OutputCount}.");
        }

        ModelSaveOptions own = options?.Clone() ?? new ModelSaveOptions();
        (own.Pooling, own.Normalize, own.MaxTokens) = (Pooling, Normalize, MaxSequenceLength);
        LanguageModel.Save(directory, own);
    }

    /// <summary>Writes all files of a saved directory but those of weights: config.json, the tokenizer, a tokenizer.json among its files, and where sentence-transformers can make such vectors what it needs for that. For files of weights in other formats.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="labels">Null: embeddings have no labels.</param>
    /// <param name="directory">The directory that the sink writes into, for a model card: see <see cref="PretrainedLanguageModel.SaveWithoutWeights"/>. Null (default) for none.</param>
    /// <exception cref="ArgumentException">There are labels.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public override void SaveWithoutWeights(FileSink sink, IReadOnlyList<string>? labels = null, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed();
        RefuseLabels(labels);
        bool says = !LanguageModel.Backbone.IsCausal && OutputCount == LanguageModel.Backbone.Info.FinalSize && SentenceModules.Says(Pooling);
        LanguageModel.WriteWithoutWeights(sink, says ? new SentenceModules(Pooling, Normalize, MaxSequenceLength) : null, directory);
    }

    private protected override float[] Finish(Tensor outputs) => Numbers(Normalize ? EmbeddingLosses.Unit(outputs) : outputs);

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new EmbedderSettings(MaxSequenceLength, ScoringPrecision, head.Pooling, Normalize, OutputCount), GeometryHistory);

    private static void RefuseLabels(IReadOnlyList<string>? labels)
    {
        if (labels is { Count: > 0 })
        {
            throw new ArgumentException("Embeddings have no labels: leave them null.", nameof(labels));
        }
    }

    private static EmbeddingHead MakeHead(PretrainedLanguageModel model, TextPooling pooling, int? outputSize, int largestSize, FileSource? saved = null)
    {
        int features = model.Backbone.Info.FinalSize;
        if (largestSize > features)
        {
            throw new ArgumentException($"EmbeddingOptions asks for vectors of {largestSize} features, and those of {model.Name} have {features}. Lower OutputSize or MatryoshkaSizes.", nameof(outputSize));
        }

        model.ReplaceHead(null);
        return saved is null ? new EmbeddingHead(TextPooler.Create(pooling, features, model.Device), outputSize ?? features) : Files.ReadEmbeddingHead(saved, outputSize ?? features, features, pooling, model.Device);
    }
}

/// <summary>What embedder.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of one text.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pooling">How a text's tokens become its vector.</param>
/// <param name="Normalize">Whether vectors are scaled to the length 1.</param>
/// <param name="Size">The features of a vector.</param>
internal sealed record EmbedderSettings(int MaxSequenceLength, Precision ScoringPrecision, TextPooling Pooling, bool Normalize, int Size) : IHeadSettings
{
    /// <inheritdoc/>
    bool IHeadSettings.Pairs => false;

    /// <inheritdoc/>
    string? IModelSettings.Problem =>
        MaxSequenceLength < 1 ? $"It names texts of {MaxSequenceLength} tokens; there must be at least 1"
        : Size < 1 ? $"It names vectors of {Size} features; there must be at least 1"
        : null;
}
