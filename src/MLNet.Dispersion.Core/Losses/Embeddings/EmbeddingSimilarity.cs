namespace MLNet.Dispersion;

/// <summary>How alike two embeddings are.</summary>
public enum EmbeddingSimilarity
{
    /// <summary>The cosine of the angle between them, -1..1.</summary>
    Cosine,

    /// <summary>Their dot product.</summary>
    Dot,
}
