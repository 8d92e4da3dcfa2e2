namespace MLNet.Dispersion;

/// <summary>How far two embeddings are from one another.</summary>
public enum EmbeddingDistance
{
    /// <summary>One less the cosine of the angle between them, 0..2.</summary>
    Cosine,

    /// <summary>The length of their difference; 1e-6 is added to each of its features, as PyTorch's <c>pairwise_distance</c> does.</summary>
    Euclidean,

    /// <summary>The sum of the absolute values of their difference, with the same addition.</summary>
    Manhattan,
}
