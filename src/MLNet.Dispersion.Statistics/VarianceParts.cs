namespace MLNet.Dispersion.Statistics;

/// <summary>Where the variance of paired differences comes from. The mean over S seeds and R rows has the variance <c>Seeds / S + Rows / R + Rest / (S R)</c>. Immutable and thread-safe.</summary>
public sealed record VarianceParts
{
    /// <summary>Gets the part that a seed has in common on all rows: how much the true effect differs from training to training.</summary>
    public required double Seeds { get; init; }

    /// <summary>Gets the part that a row has in common over all seeds: how much the effect differs from row to row.</summary>
    public required double Rows { get; init; }

    /// <summary>Gets the rest: what differs from row to row in another way with each seed.</summary>
    public required double Rest { get; init; }

    /// <summary>Gets the variance of the mean over so many seeds and rows.</summary>
    /// <param name="seeds">Seeds, at least 1.</param>
    /// <param name="rows">Independent rows, at least 1.</param>
    public double OfMean(int seeds, double rows) => (Seeds / seeds) + (Rows / rows) + (Rest / (seeds * rows));

    /// <summary>The mean square of seeds, from which the seeds' part of an interval is made.</summary>
    internal double SeedMeanSquare { get; private init; }

    internal static VarianceParts OfMeanSquares(int seeds, int rows, double seedSquare, double rowSquare, double restSquare) => new()
    {
        Seeds = Math.Max(0, seedSquare - restSquare) / rows,
        Rows = Math.Max(0, rowSquare - restSquare) / seeds,
        Rest = restSquare,
        SeedMeanSquare = seedSquare,
    };
}
