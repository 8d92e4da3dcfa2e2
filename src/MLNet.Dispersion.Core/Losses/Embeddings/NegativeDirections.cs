namespace MLNet.Dispersion;

/// <summary>Which texts of a batch count as negatives for which in <see cref="EmbeddingLoss.MultipleNegatives"/>.</summary>
[Flags]
public enum NegativeDirections
{
    /// <summary>None, which leaves nothing to learn.</summary>
    None = 0,

    /// <summary>First texts look for their second ones among all second texts and negatives (<c>query_to_doc</c>).</summary>
    FirstToSecond = 1,

    /// <summary>Second texts look for their first ones (<c>doc_to_query</c>).</summary>
    SecondToFirst = 2,

    /// <summary>First texts keep away from other first texts (<c>query_to_query</c>). Joint alone.</summary>
    FirstToFirst = 4,

    /// <summary>Second texts keep away from other second texts and negatives (<c>doc_to_doc</c>). Joint alone.</summary>
    SecondToSecond = 8,
}
