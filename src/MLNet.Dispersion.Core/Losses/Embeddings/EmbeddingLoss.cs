namespace MLNet.Dispersion;

/// <summary>What embeddings are trained by; <see cref="EmbeddingLosses"/> computes them. The names are those of sentence-transformers without their endings.</summary>
public enum EmbeddingLoss
{
    /// <summary>Each first text must find its second one among those of the whole batch, and any negatives: cross-entropy over similarities (multiple negatives ranking, InfoNCE).</summary>
    MultipleNegatives,

    /// <summary>A first text must be nearer to its second one than to its negative, by a margin.</summary>
    Triplet,

    /// <summary>Pairs with scores: the squared difference of the cosine and the score.</summary>
    CosineSimilarity,

    /// <summary>Pairs with scores: wherever one pair's score is below another's, its cosine must be, too (CoSENT).</summary>
    CoSent,

    /// <summary>The same by the angle of complex vectors in place of the cosine, whose slope does not vanish at its ends (AnglE).</summary>
    Angle,

    /// <summary>Pairs of score 1 are pulled together, those of score 0 pushed apart up to a margin.</summary>
    Contrastive,

    /// <summary>The same by the hard pairs of a batch alone, summed.</summary>
    OnlineContrastive,
}
