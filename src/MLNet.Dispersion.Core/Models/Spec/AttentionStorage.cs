namespace MLNet.Dispersion.Models;

/// <summary>How a file stores the projections of queries, keys and values.</summary>
public enum AttentionStorage
{
    /// <summary>A matrix each, <c>[out, in]</c>.</summary>
    Separate,

    /// <summary>One matrix: all queries, then all keys, then all values.</summary>
    FusedByKind,

    /// <summary>One matrix: query, key and value of the first head, then of the second, and so on.</summary>
    FusedByHead,
}
