using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that orders the documents of a query: it reads query and document as one sequence (a cross-encoder) and gives the pair a score.</summary>
/// <remarks>
/// <see cref="FineTunedTextModel.Score"/> gives one number a pair, the higher the more relevant; scores compare within a query, and say nothing by themselves.
/// Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.
/// </remarks>
public sealed class TextRanker : FineTunedTextModel
{
    private static readonly HeadFiles Files = new("ranker");

    private TextRanker(FittedHead fitted)
        : base(fitted)
    {
    }

    /// <summary>Fine-tunes a backbone on queries with documents of known relevance.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="queries">The query of each row; null and blank ones count as empty.</param>
    /// <param name="documents">The document of each row.</param>
    /// <param name="relevance">How relevant the document is, at least 0.</param>
    /// <param name="groups">Which rows belong to one query: those of the same key, wherever they stand. At least two each.</param>
    /// <param name="options">How to train; rows of a batch are queries, with all their documents.</param>
    /// <param name="loss">The loss. Default <see cref="RankingLoss.ListNet"/>.</param>
    /// <param name="exampleWeights">How much each row counts, at least 0, not all 0: a query counts the mean of its rows. Null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a group of one row, nothing to order in any group, a bad relevance or weight, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextRanker Train(
        ModelSource backbone,
        IReadOnlyList<string?> queries,
        IReadOnlyList<string?> documents,
        IReadOnlyList<float> relevance,
        IReadOnlyList<string> groups,
        FineTuneOptions options,
        RankingLoss loss = RankingLoss.ListNet,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextRanker, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(relevance);
        ArgumentNullException.ThrowIfNull(groups);
        options = Checked(backbone, options, "text ranking");
        ExampleWeights.Check(queries.Count, exampleWeights);
        RankedTexts ranked = RankedTexts.Of(queries, documents, relevance, groups);
        IReadOnlyList<float>? weights = exampleWeights is null ? null : [.. ranked.ByQuery(exampleWeights).Select(query => query.Average())];
        RankerSettings? saved = Files.ToGoOnFrom<RankerSettings>(backbone, options);
        return new TextRanker(FittedHead.Train(
            backbone,
            options,
            new LazyList<string?>(ranked.Order.Count, place => queries[ranked.Order[place]]),
            new LazyList<string?>(ranked.Order.Count, place => documents[ranked.Order[place]]),
            new HeadLabels([], ProblemType.Regression),
            1,
            (head, _) => new RankingObjective(head, ranked.ByQuery(relevance), loss, weights),
            counts: ranked.Counts,
            saved: SavedHead.Of(Files, backbone.Source, saved, 1),
            metric: metric is null ? null : fitted => metric(new TextRanker(fitted))));
    }

    /// <summary>Opens a cross-encoder of Hugging Face's library or sentence-transformers, with the head of its files: ready to score, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a pair; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for one value of each pair; the message says what they hold.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextRanker FromPretrained(ModelSource model, string device = "auto", int? maxSequenceLength = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        FittedHead fitted = FittedHead.OfPretrained(model, device, maxSequenceLength, pairs: true, ProblemType.Regression);
        if (fitted.Head.OutputCount == 1)
        {
            return new TextRanker(fitted);
        }

        int found = fitted.Head.OutputCount;
        fitted.Dispose();
        throw new ArgumentException($"The head of {model.Name} gives {found} numbers a pair, and a ranking needs one.", nameof(model));
    }

    /// <summary>Reads a ranker that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextRanker Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<RankerSettings>(source);
        return new TextRanker(FittedHead.Load(source, device, Files, settings, outputCount: 1));
    }

    private protected override float[] Finish(Tensor outputs) => Numbers(outputs);

    private protected override void WriteHead(FileSink sink, ITextHead head) =>
        Files.Write(sink, head, new RankerSettings(MaxSequenceLength, ScoringPrecision, head.Pooling), GeometryHistory);
}

/// <summary>What ranker.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of one pair.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="Pooling">How a pair's tokens become the vector that the head reads.</param>
internal sealed record RankerSettings(int MaxSequenceLength, Precision ScoringPrecision, TextPooling Pooling) : IHeadSettings
{
    /// <inheritdoc/>
    bool IHeadSettings.Pairs => true;

    /// <inheritdoc/>
    string? IModelSettings.Problem => MaxSequenceLength < 1 ? $"It names pairs of {MaxSequenceLength} tokens; there must be at least 1" : null;
}
