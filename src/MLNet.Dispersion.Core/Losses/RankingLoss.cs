namespace MLNet.Dispersion;

/// <summary>What a ranking is trained by; <see cref="RankingLosses"/> computes them.</summary>
public enum RankingLoss
{
    /// <summary>Cross-entropy between the softmax of the relevances and that of the scores of a query's documents (Cao et al. 2007, top-one probabilities).</summary>
    ListNet,

    /// <summary>The logistic loss of each pair of a query's documents of different relevance, their mean (Burges et al. 2005).</summary>
    RankNet,

    /// <summary>The same, each pair weighted by what swapping the two would change in NDCG, summed (Burges 2010).</summary>
    LambdaRank,
}
