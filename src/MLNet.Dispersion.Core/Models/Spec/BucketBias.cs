namespace MLNet.Dispersion.Models;

/// <summary>A number for each head and each bucket of distances, as in T5 and MPNet: half of the buckets for each direction, half of those for one distance each and the rest for distances that grow geometrically.</summary>
/// <param name="BucketCount">Buckets, a multiple of 4.</param>
/// <param name="LongestDistance">The distance from which on all are in the last bucket. Above a quarter of the buckets.</param>
public sealed record BucketBias(int BucketCount, int LongestDistance) : RelativeSpec;
