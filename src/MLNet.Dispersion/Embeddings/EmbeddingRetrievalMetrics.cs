namespace MLNet.Dispersion;

/// <summary>How well embeddings find the second text of each pair by its first one, among the second texts of all rows.</summary>
/// <remarks>Second texts of the same vector are one text: each of them counts as found.</remarks>
public sealed record EmbeddingRetrievalMetrics
{
    private EmbeddingRetrievalMetrics()
    {
    }

    /// <summary>Gets the number of pairs.</summary>
    public required int Queries { get; init; }

    /// <summary>Gets how many texts from the top <see cref="RecallAtDepth"/> and <see cref="NdcgAtDepth"/> look at.</summary>
    public required int Depth { get; init; }

    /// <summary>Gets the share of first texts whose nearest second text is their own, 0..1.</summary>
    public required double PrecisionAtOne { get; init; }

    /// <summary>Gets the share of first texts that have their own among the nearest <see cref="Depth"/>, 0..1.</summary>
    public required double RecallAtDepth { get; init; }

    /// <summary>Gets the mean of one over the place of the own text, 0..1.</summary>
    public required double MeanReciprocalRank { get; init; }

    /// <summary>Gets the mean normalised discounted cumulative gain of the nearest <see cref="Depth"/>, 0..1.</summary>
    public required double NdcgAtDepth { get; init; }

    internal static EmbeddingRetrievalMetrics Of(float[][] first, float[][] second, int depth)
    {
        if (first.Length == 0)
        {
            throw new ArgumentException("There are no rows to evaluate.", nameof(first));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        double one = 0, recall = 0, reciprocal = 0, gain = 0;
        for (int row = 0; row < first.Length; row++)
        {
            double[] scores = [.. second.Select(vector => TextEmbedder.Cosine(first[row], vector))];
            double[] relevance = [.. second.Select(vector => vector.AsSpan().SequenceEqual(second[row]) ? 1.0 : 0)];
            one += RetrievalMetrics.PrecisionAt(relevance, scores, 1);
            reciprocal += RetrievalMetrics.ReciprocalRank(relevance, scores);
            recall += RetrievalMetrics.ReciprocalRank(relevance, scores) >= 1.0 / depth ? 1 : 0;
            gain += RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Linear, depth);
        }

        int rows = first.Length;
        return new EmbeddingRetrievalMetrics
        {
            Queries = rows,
            Depth = depth,
            PrecisionAtOne = one / rows,
            RecallAtDepth = recall / rows,
            MeanReciprocalRank = reciprocal / rows,
            NdcgAtDepth = gain / rows,
        };
    }
}
