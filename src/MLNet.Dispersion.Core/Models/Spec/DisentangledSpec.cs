namespace MLNet.Dispersion.Models;

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
