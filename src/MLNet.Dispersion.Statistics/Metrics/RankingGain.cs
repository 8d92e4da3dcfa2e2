namespace MLNet.Dispersion.Statistics;

/// <summary>What a document of a relevance is worth in discounted cumulative gain. Figures of the two must not be compared.</summary>
public enum RankingGain
{
    /// <summary>2^relevance - 1, as ML.NET's ranking evaluator and most of web search.</summary>
    Exponential,

    /// <summary>The relevance itself, as scikit-learn and trec_eval.</summary>
    Linear,
}
