using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Brings the embeddings of texts that belong together near one another, and those of others apart: the losses of <see cref="EmbeddingLosses"/>. A row has two texts or more.</summary>
public sealed class EmbeddingObjective : TrainingObjective
{
    private readonly EmbeddingHead _head;
    private readonly EmbeddingOptions _options;
    private readonly int _rows;
    private readonly int _textsPerRow;
    private readonly float[]? _scores;
    private readonly bool _normalize;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">Makes the vector of a text; stays the caller's.</param>
    /// <param name="options">The loss, named, and its numbers. Copied.</param>
    /// <param name="rows">Training rows.</param>
    /// <param name="textsPerRow">Texts of each row, at least 2: the first, the second, and negatives.</param>
    /// <param name="scores">How alike the first two texts of each row are, for the losses that ask for it; null for the others. Copied.</param>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count the same. Copied. A row that counts nothing is still a negative to others.</param>
    /// <exception cref="ArgumentException">The loss is not named, or asks for other rows; the message says which.</exception>
    public EmbeddingObjective(EmbeddingHead head, EmbeddingOptions options, int rows, int textsPerRow, IReadOnlyList<float>? scores = null, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        EmbeddingTexts.CheckLoss(options.Loss ?? throw new ArgumentException("EmbeddingOptions.Loss is null: name a loss.", nameof(options)), textsPerRow, scores);
        (_head, _options, _rows, _textsPerRow, _scores) = (head, options.Clone(), rows, textsPerRow, scores is null ? null : [.. scores]);
        _normalize = options.Normalize ?? options.IsByAngle;
    }

    /// <inheritdoc/>
    public override string Name => "text embeddings";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _rows;

    /// <inheritdoc/>
    internal override IOptions OwnOptions => _options;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => _scores is null ? base.TargetBytes(row) : MemoryMarshal.AsBytes(_scores.AsSpan(row, 1));

    /// <inheritdoc/>
    public override void CheckOptions(FineTuneOptions options)
    {
        base.CheckOptions(options);
        if (options.HeadOnly && HeadParameters.Count == 0)
        {
            throw new ArgumentException($"FineTuneOptions.HeadOnly is true, but {Name} have no head to train. Use FineTuneOptions.Lora, or train all weights.", nameof(options));
        }

        if (options.HeadStart != HeadStart.Linear)
        {
            throw new ArgumentException($"FineTuneOptions.HeadStart is {options.HeadStart}, but {Name} have no head. Leave it at Linear.", nameof(options));
        }
    }

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor pooled = _head.Pooled(backbone, output.LastHiddenState, batch.Tokens.Lengths).reshape(batch.Rows.Count, _textsPerRow, -1);
        Tensor[] columns = [.. Enumerable.Range(0, _textsPerRow).Select(column => pooled.select(1, column))];
        Tensor? scores = _scores is null ? null : tensor([.. batch.Rows.Select(row => _scores[row])], device: inputIds.device);
        Tensor? weights = WeightsOf(batch, inputIds.device);
        int[] sizes = [.. _options.MatryoshkaSizes ?? [(int)pooled.shape[2]]];
        IReadOnlyList<double> counts = _options.MatryoshkaWeights ?? [.. Enumerable.Repeat(1.0, sizes.Length)];
        Tensor losses = EmbeddingLosses.Matryoshka(columns, sizes, counts, cut => Loss(_normalize ? [.. cut.Select(EmbeddingLosses.Unit)] : cut, scores, weights));

        // A loss of the whole batch counts as much as its rows do.
        Tensor sum = losses.dim() == 0 ? losses.Times(TargetWeight(batch)) : weights is null ? losses.sum() : losses.mul(weights).sum();
        return new TaskLoss { Sum = sum };
    }

    private Tensor Loss(IReadOnlyList<Tensor> texts, Tensor? scores, Tensor? weights) => _options.Loss switch
    {
        EmbeddingLoss.MultipleNegatives => EmbeddingLosses.MultipleNegatives(texts[0], [.. texts.Skip(1)], _options.ActualScale, _options.Similarity, _options.Directions, _options.JointDirections),
        EmbeddingLoss.Triplet => EmbeddingLosses.Triplet(texts[0], texts[1], texts[2], _options.Distance, _options.ActualMargin),
        EmbeddingLoss.CosineSimilarity => EmbeddingLosses.CosineSimilarity(texts[0], texts[1], scores!),
        EmbeddingLoss.CoSent => EmbeddingLosses.CoSent(EmbeddingLosses.CosineScores(texts[0], texts[1]), scores!, _options.ActualScale, weights),
        EmbeddingLoss.Angle => EmbeddingLosses.CoSent(EmbeddingLosses.AngleScores(texts[0], texts[1]), scores!, _options.ActualScale, weights),
        EmbeddingLoss.Contrastive => EmbeddingLosses.Contrastive(texts[0], texts[1], scores!, _options.Distance, _options.ActualMargin),
        _ => EmbeddingLosses.OnlineContrastive(texts[0], texts[1], scores!, _options.Distance, _options.ActualMargin, weights),
    };
}
