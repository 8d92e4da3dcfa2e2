namespace MLNet.Dispersion;

/// <summary>What text embeddings are trained by, and what comes out.</summary>
/// <remarks>Not thread-safe while it is edited; estimators take a copy (<see cref="Clone"/>), so that later edits change nothing.</remarks>
public sealed class EmbeddingOptions : IOptions
{
    private const double CosineScale = 20;
    private const double CosineMargin = 0.5;
    private const double OtherMargin = 5;

    /// <summary>Gets or sets the loss. Default null: <see cref="EmbeddingLoss.CoSent"/> where rows have scores, else <see cref="EmbeddingLoss.MultipleNegatives"/>.</summary>
    public EmbeddingLoss? Loss { get; set; }

    /// <summary>Gets or sets what similarities are multiplied by in the losses that compare rows: one over the temperature. Default null: 20, with <see cref="EmbeddingSimilarity.Dot"/> 1 (sentence-transformers'). Above 0.</summary>
    public double? Scale { get; set; }

    /// <summary>Gets or sets the margin of <see cref="EmbeddingLoss.Triplet"/> and the contrastive losses, in units of <see cref="Distance"/>. Default null: 0.5 for the cosine, else 5 (sentence-transformers'). Above 0.</summary>
    public double? Margin { get; set; }

    /// <summary>Gets or sets the distance of <see cref="EmbeddingLoss.Triplet"/> and the contrastive losses. Default <see cref="EmbeddingDistance.Cosine"/>.</summary>
    public EmbeddingDistance Distance { get; set; }

    /// <summary>Gets or sets the similarity of <see cref="EmbeddingLoss.MultipleNegatives"/>. Default <see cref="EmbeddingSimilarity.Cosine"/>.</summary>
    public EmbeddingSimilarity Similarity { get; set; }

    /// <summary>Gets or sets which texts of a batch count as negatives in <see cref="EmbeddingLoss.MultipleNegatives"/>. Default <see cref="NegativeDirections.FirstToSecond"/>.</summary>
    public NegativeDirections Directions { get; set; } = NegativeDirections.FirstToSecond;

    /// <summary>Gets or sets whether one softmax runs over all <see cref="Directions"/>. Default false: the mean of the directions' own losses, of those between first and second texts.</summary>
    public bool JointDirections { get; set; }

    /// <summary>Gets or sets the sizes to which embeddings may be cut later on, each trained for by a loss of its own (Matryoshka): the whole size should be among them. Default null: the whole size alone. Each at least 1.</summary>
    public IReadOnlyList<int>? MatryoshkaSizes { get; set; }

    /// <summary>Gets or sets what the loss of each of <see cref="MatryoshkaSizes"/> counts. Default null: 1 each. As many as sizes, finite and at least 0.</summary>
    public IReadOnlyList<double>? MatryoshkaWeights { get; set; }

    /// <summary>
    /// Gets or sets whether embeddings are scaled to the Euclidean length 1, in training and when they are used. Default null: where the options name no pooling and the model comes from a
    /// sentence-transformers directory, as modules.json says; else true, but for losses by dot products and distances other than the cosine's.
    /// </summary>
    public bool? Normalize { get; set; }

    /// <summary>Gets or sets how many features of an embedding are given out, the first ones; the rest is cut off before it is scaled. Default null: all. At least 1, at most the model's.</summary>
    public int? OutputSize { get; set; }

    /// <summary>The scale, by default that of the similarity.</summary>
    internal double ActualScale => Scale ?? (Similarity == EmbeddingSimilarity.Dot && Loss is null or EmbeddingLoss.MultipleNegatives ? 1 : CosineScale);

    /// <summary>The margin, by default that of the distance.</summary>
    internal double ActualMargin => Margin ?? (Distance == EmbeddingDistance.Cosine ? CosineMargin : OtherMargin);

    /// <summary>Whether the loss measures by angles alone, so that lengths do not matter to it.</summary>
    internal bool IsByAngle => Loss switch
    {
        EmbeddingLoss.Triplet or EmbeddingLoss.Contrastive or EmbeddingLoss.OnlineContrastive => Distance == EmbeddingDistance.Cosine,
        EmbeddingLoss.MultipleNegatives => Similarity == EmbeddingSimilarity.Cosine,
        _ => true,
    };

    /// <summary>A copy, which later edits do not reach.</summary>
    public EmbeddingOptions Clone()
    {
        var copy = (EmbeddingOptions)MemberwiseClone();
        copy.MatryoshkaSizes = MatryoshkaSizes is null ? null : [.. MatryoshkaSizes];
        copy.MatryoshkaWeights = MatryoshkaWeights is null ? null : [.. MatryoshkaWeights];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(EmbeddingOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        const NegativeDirections Across = NegativeDirections.FirstToSecond | NegativeDirections.SecondToFirst;
        const NegativeDirections Within = NegativeDirections.FirstToFirst | NegativeDirections.SecondToSecond;
        require.Defined(Loss ?? EmbeddingLoss.MultipleNegatives, name: nameof(Loss));
        require.Positive(Scale ?? 1, nameof(Scale));
        require.Positive(Margin ?? 1, nameof(Margin));
        require.Defined(Distance);
        require.Defined(Similarity);
        require.That((Directions & ~(Across | Within)) == NegativeDirections.None && (Directions & Across) != NegativeDirections.None, Directions, "made of the enumeration's flags, with one between first and second texts");
        require.That(JointDirections || (Directions & Within) == NegativeDirections.None, Directions, "between first and second texts where JointDirections is false", nameof(Directions));
        require.That(MatryoshkaSizes is null or { Count: > 0 } && (MatryoshkaSizes?.All(size => size >= 1) ?? true), MatryoshkaSizes is null ? "null" : string.Join(", ", MatryoshkaSizes), "sizes of at least 1, or null for the whole size alone", nameof(MatryoshkaSizes));
        require.That(
            MatryoshkaWeights is null || (MatryoshkaWeights.Count == MatryoshkaSizes?.Count && MatryoshkaWeights.All(weight => weight >= 0 && double.IsFinite(weight))),
            MatryoshkaWeights is null ? "null" : string.Join(", ", MatryoshkaWeights),
            "a finite number of at least 0 for each of MatryoshkaSizes, or null for 1 each",
            nameof(MatryoshkaWeights));
        require.AtLeast(OutputSize, 1, ", or null for all features");
    }
}
