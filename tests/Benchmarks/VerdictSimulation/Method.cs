namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>A way to an interval.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Limits">The interval of level 0.95.</param>
internal sealed record Method(string Name, Func<PairedDifferences, Interval> Limits)
{
    /// <summary>The one that decides.</summary>
    public static Method Deciding { get; } = new("decides", differences => PairedInterval.SeedsByRows(differences));

    /// <summary>That one and those it was chosen from.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        Deciding,
        new("seeds' t", differences => PairedInterval.Seeds(differences)),
        new("rows' t", differences => PairedInterval.Rows(differences)),
        new("Satterthwaite", Satterthwaite),
        new("Banerjee", Banerjee),
    ];

    /// <summary>The two-way analysis of variance with Satterthwaite's degrees of freedom.</summary>
    private static Interval Satterthwaite(PairedDifferences differences)
    {
        (double seeds, double rows, double rest, int seedCount, int rowCount) = MeanSquares(differences);
        double variance = Math.Max(seeds + rows - rest, 1e-300);
        double degrees = variance < 1e-200 ? 1 : variance * variance / ((seeds * seeds / (seedCount - 1)) + (rows * rows / (rowCount - 1)) + (rest * rest / ((seedCount - 1) * (rowCount - 1))));
        double half = T(Math.Max(1, degrees)) * Math.Sqrt(variance / seedCount / rowCount);
        return new Interval { Estimate = differences.Mean, Lower = differences.Mean - half, Upper = differences.Mean + half, Level = 0.95 };
    }

    /// <summary>Each mean square with its own quantile of t, which never holds the truth less often than promised where values are normal.</summary>
    private static Interval Banerjee(PairedDifferences differences)
    {
        (double seeds, double rows, double rest, int seedCount, int rowCount) = MeanSquares(differences);
        double square = (Square(T(seedCount - 1)) * seeds) + (Square(T(rowCount - 1)) * rows) - (Square(T(rowCount - 1)) * rest);
        double half = Math.Sqrt(Math.Max(0, square) / seedCount / rowCount);
        return new Interval { Estimate = differences.Mean, Lower = differences.Mean - half, Upper = differences.Mean + half, Level = 0.95 };
    }

    private static (double Seeds, double Rows, double Noise, int SeedCount, int RowCount) MeanSquares(PairedDifferences differences)
    {
        VarianceParts parts = differences.Variances();
        (int seedCount, int rowCount) = (differences.Seeds, differences.IndependentRows);
        double seeds = rowCount * differences.SeedMeans.Sum(mean => Square(mean - differences.Mean)) / (seedCount - 1);
        return (seeds, (parts.Rows * seedCount) + parts.Rest, parts.Rest, seedCount, rowCount);
    }

    private static double T(double degrees) => MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, degrees, 0.975);

    private static double Square(double value) => value * value;
}
