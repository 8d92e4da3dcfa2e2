using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The learned table of relative positions that all blocks of an encoder share.</summary>
internal sealed class RelativeTable
{
    private readonly ForwardContext _context;
    private readonly RelativeSpec _spec;

    internal RelativeTable(ForwardContext context, RelativeSpec spec, int heads, long features)
    {
        (_context, _spec) = (context, spec);
        if (spec is DisentangledSpec { Span: var span, Norm: var norm })
        {
            Rows = new EmbeddingTable(context, 2L * span, features);
            Norm = norm is null ? null : LayerMaker.Norm(norm, features);
        }
        else
        {
            Rows = new EmbeddingTable(context, ((BucketBias)spec).BucketCount, heads);
        }
    }

    /// <summary>The table: of numbers, <c>[buckets, H]</c>, or of vectors, <c>[2 S, F]</c>.</summary>
    internal EmbeddingTable Rows { get; }

    /// <summary>The norm of the vectors, or null.</summary>
    internal FeatureNorm? Norm { get; }

    /// <summary>The vectors of distances, <c>[2 S, F]</c>, float32, dropped at random in training.</summary>
    internal Tensor Vectors(bool training)
    {
        Tensor vectors = Norm is null ? Rows.Weight : Norm.Forward(Rows.Weight);
        return _context.Drop(vectors, _context.Dropout(((DisentangledSpec)_spec).Dropout, training));
    }

    /// <summary>A number for each head and pair of tokens, <c>[1, H, L, L]</c>, float32.</summary>
    internal Tensor Numbers(TokenView view)
    {
        var buckets = (BucketBias)_spec;
        return Rows.Weight.index_select(0, Pairs(view, distance => Bucket(buckets, -distance)).flatten()).view(view.Columns, view.Columns, -1).permute(2, 0, 1).unsqueeze(0);
    }

    /// <summary>The row of the vectors for each pair of tokens, <c>[L, L]</c>, int64.</summary>
    internal Tensor Places(TokenView view)
    {
        var spec = (DisentangledSpec)_spec;
        return Pairs(view, distance => Math.Clamp((spec.LogarithmicUpTo is { } end ? LogarithmicBucket(distance, spec.Span, end) : distance) + spec.Span, 0, (2 * spec.Span) - 1));
    }

    /// <summary>T5's buckets: half of them for keys behind the query; of each half, half for one distance each.</summary>
    /// <param name="spec">How many.</param>
    /// <param name="distance">The key's column less the query's.</param>
    internal static long Bucket(BucketBias spec, long distance)
    {
        int half = spec.BucketCount / 2;
        int exact = half / 2;
        long size = Math.Abs(distance);
        long first = distance > 0 ? half : 0;
        if (size < exact)
        {
            return first + size;
        }

        float share = MathF.Log((float)size / exact) / MathF.Log((float)spec.LongestDistance / exact);
        return first + Math.Min(exact + (long)(share * (half - exact)), half - 1);
    }

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

    /// <summary>A number for each pair of columns, <c>[L, L]</c>, by the query's column less the key's.</summary>
    private static Tensor Pairs(TokenView view, Func<long, long> ofDistance)
    {
        long columns = view.Columns;
        long[] byDistance = [.. Enumerable.Range(0, (int)(2 * columns) - 1).Select(i => ofDistance(i - columns + 1))];
        Tensor range = TensorNumbers.Range(columns, view.Device);
        Tensor distances = range.unsqueeze(1).Plus(range.unsqueeze(0).neg()).Shifted(columns - 1);
        return tensor(byDistance, device: view.Device).index_select(0, distances.flatten()).view(columns, columns);
    }
}
