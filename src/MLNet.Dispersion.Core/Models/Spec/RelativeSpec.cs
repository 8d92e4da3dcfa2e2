namespace MLNet.Dispersion.Models;

/// <summary>Says how the scores of an encoder depend on the distance of two tokens by learned weights, which all blocks share.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public abstract record RelativeSpec
{
    private protected RelativeSpec()
    {
    }
}

/// <summary>A number for each head and each bucket of distances, as in T5 and MPNet: half of the buckets for each direction, half of those for one distance each and the rest for distances that grow geometrically.</summary>
/// <param name="BucketCount">Buckets, a multiple of 4.</param>
/// <param name="LongestDistance">The distance from which on all are in the last bucket. Above a quarter of the buckets.</param>
public sealed record BucketBias(int BucketCount, int LongestDistance) : RelativeSpec;

/// <summary>Disentangled attention (DeBERTa, He et al. 2021, arXiv 2006.03654): contents look at distances and distances at contents, each through queries and keys of its own.</summary>
public sealed record DisentangledSpec : RelativeSpec
{
    /// <summary>Gets the distances to each side that the table tells apart (S); it has 2 S rows. At least 1.</summary>
    public required int Span { get; init; }

    /// <summary>Gets the distance from which on all are alike where distances are put in logarithmic buckets, S to each side; null where each distance up to S is one of its own.</summary>
    public int? LogarithmicUpTo { get; init; }

    /// <summary>Gets a value indicating whether a content's query meets the keys of distances.</summary>
    public bool ContentToPosition { get; init; }

    /// <summary>Gets a value indicating whether a content's key meets the queries of distances.</summary>
    public bool PositionToContent { get; init; }

    /// <summary>Gets a value indicating whether distances go through the contents' own projections of queries and keys.</summary>
    public bool SharesProjections { get; init; }

    /// <summary>Gets a value indicating whether a projection of distances to keys that is not shared has a bias.</summary>
    public bool HasKeyBias { get; init; } = true;

    /// <summary>Gets the norm of the table; null for none.</summary>
    public NormSpec? Norm { get; init; }

    /// <summary>Gets the probability of dropping a feature of the table in training. 0..1, 1 excluded.</summary>
    public double Dropout { get; init; }
}
