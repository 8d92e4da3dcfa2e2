namespace MLNet.Dispersion.Models;

/// <summary>How a file stores the projections of queries, keys and values.</summary>
public enum AttentionStorage
{
    /// <summary>A matrix each, <c>[out, in]</c>.</summary>
    Separate,

    /// <summary>One matrix: all queries, then all keys, then all values.</summary>
    FusedByKind,

    /// <summary>One matrix: the queries that the first key head serves, its key and its value, then those of the second, and so on. With as many key heads as heads: query, key and value of the first head, then of the second.</summary>
    FusedByHead,

    /// <summary>As <see cref="FusedByHead"/>, with biases for queries and values alone, each a vector of its own. DeBERTa.</summary>
    FusedByHeadApartBiases,
}
