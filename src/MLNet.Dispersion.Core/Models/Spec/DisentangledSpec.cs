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

    /// <inheritdoc/>
    public override long RowOf(long distance) => Math.Clamp((LogarithmicUpTo is { } end ? LogarithmicBucket(distance, Span, end) : distance) + Span, 0, (2 * Span) - 1);

    /// <summary>DeBERTa's buckets: up to half of the span one distance each, then so that the logarithm of the distance grows evenly.</summary>
    /// <param name="distance">The query's column less the key's.</param>
    /// <param name="span">Buckets to each side.</param>
    /// <param name="end">The distance that the last bucket ends with, plus one.</param>
    internal static long LogarithmicBucket(long distance, int span, int end)
    {
        int half = span / 2;
        long size = Math.Abs(distance);
        if (size <= half)
        {
            return distance;
        }

        float share = MathF.Log((float)size / half) / MathF.Log((end - 1f) / half);
        return Math.Sign(distance) * ((long)MathF.Ceiling(share * (half - 1)) + half);
    }
}
