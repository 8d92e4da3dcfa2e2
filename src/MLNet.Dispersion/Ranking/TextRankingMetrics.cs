namespace MLNet.Dispersion;

/// <summary>How well scores order the documents of queries: means over the queries that have a relevant document.</summary>
/// <remarks>A document is relevant where its relevance is above 0. NDCG is given with both gains in use, each by its name: their figures must not be compared.</remarks>
public sealed record TextRankingMetrics
{
    private TextRankingMetrics()
    {
    }

    /// <summary>Gets the number of queries.</summary>
    public required int Queries { get; init; }

    /// <summary>Gets how many of them have no relevant document: any order is right for them, and they count in no mean.</summary>
    public required int QueriesWithoutRelevant { get; init; }

    /// <summary>Gets how many documents from the top the figures at a depth look at.</summary>
    public required int Depth { get; init; }

    /// <summary>Gets the mean NDCG of whole rankings with the gain 2^relevance - 1 (<see cref="RankingGain.Exponential"/>), as ML.NET's evaluator, 0..1.</summary>
    public required double ExponentialNdcg { get; init; }

    /// <summary>Gets the same of the first <see cref="Depth"/> documents.</summary>
    public required double ExponentialNdcgAtDepth { get; init; }

    /// <summary>Gets the mean NDCG of whole rankings with the relevance itself as gain (<see cref="RankingGain.Linear"/>), as scikit-learn and trec_eval, 0..1.</summary>
    public required double LinearNdcg { get; init; }

    /// <summary>Gets the same of the first <see cref="Depth"/> documents.</summary>
    public required double LinearNdcgAtDepth { get; init; }

    /// <summary>Gets the mean of one over the place of the first relevant document, 0..1.</summary>
    public required double MeanReciprocalRank { get; init; }

    /// <summary>Gets the mean average precision, 0..1.</summary>
    public required double MeanAveragePrecision { get; init; }

    internal static TextRankingMetrics Of(IReadOnlyList<double> relevance, IReadOnlyList<double> scores, IReadOnlyList<string> groups, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (groups.Count == 0)
        {
            throw new ArgumentException("There are no rows to evaluate.", nameof(groups));
        }

        (double[] Relevance, double[] Scores)[] all = [.. Enumerable.Range(0, groups.Count).GroupBy(row => groups[row], StringComparer.Ordinal).Select(group => (group.Select(row => relevance[row]).ToArray(), group.Select(row => scores[row]).ToArray()))];
        (double[] Relevance, double[] Scores)[] queries = [.. all.Where(query => query.Relevance.Any(value => value > 0))];
        if (queries.Length == 0)
        {
            throw new ArgumentException($"None of the {all.Length} queries has a document of a relevance above 0; there is nothing to find.", nameof(relevance));
        }

        return new TextRankingMetrics
        {
            Queries = all.Length,
            QueriesWithoutRelevant = all.Length - queries.Length,
            Depth = depth,
            ExponentialNdcg = Ndcg(RankingGain.Exponential, null),
            ExponentialNdcgAtDepth = Ndcg(RankingGain.Exponential, depth),
            LinearNdcg = Ndcg(RankingGain.Linear, null),
            LinearNdcgAtDepth = Ndcg(RankingGain.Linear, depth),
            MeanReciprocalRank = queries.Average(query => RetrievalMetrics.ReciprocalRank(query.Relevance, query.Scores)),
            MeanAveragePrecision = queries.Average(query => RetrievalMetrics.AveragePrecision(query.Relevance, query.Scores)),
        };

        double Ndcg(RankingGain gain, int? most) => queries.Average(query => RetrievalMetrics.Ndcg(query.Relevance, query.Scores, gain, most));
    }
}
