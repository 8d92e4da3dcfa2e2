namespace MLNet.Dispersion.Models;

/// <summary>A number for each head and each bucket of distances, as in T5 and MPNet: half of the buckets for each direction, half of those for one distance each and the rest for distances that grow geometrically.</summary>
/// <param name="BucketCount">Buckets, a multiple of 4.</param>
/// <param name="LongestDistance">The distance from which on all are in the last bucket. Above a quarter of the buckets.</param>
public sealed record BucketBias(int BucketCount, int LongestDistance) : RelativeSpec
{
    /// <summary>The bucket of a distance: half of them are for keys behind the query.</summary>
    /// <param name="distance">The query's column less the key's.</param>
    public override long RowOf(long distance)
    {
        int half = BucketCount / 2;
        int exact = half / 2;
        long size = Math.Abs(distance);
        long first = distance < 0 ? half : 0;
        if (size < exact)
        {
            return first + size;
        }

        float share = MathF.Log((float)size / exact) / MathF.Log((float)LongestDistance / exact);
        return first + Math.Min(exact + (long)(share * (half - exact)), half - 1);
    }
}
