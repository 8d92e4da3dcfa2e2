using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>
/// What one way of training did better than another, for each seed and each test row: the figure of the row with the one minus that with the other, both trained from the same seed. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Two things make such a mean uncertain: other seeds would have trained other models, and other rows would have been tested. The seeds are <c>S</c>, the rows <c>R</c>, the differences <c>[S, R]</c>.
/// Rows that belong together, such as questions about one document, are no independent evidence: give each its group, and the groups take the rows' place.
/// </remarks>
public sealed class PairedDifferences
{
    /// <summary>By seed and group: figures whose mean over groups is the mean of the seed's rows.</summary>
    private readonly double[][] _units;

    /// <summary>Takes differences.</summary>
    /// <param name="differences">One list a seed, at least two, each with a finite number for every row, the same rows in the same order; positive where the first way is better.</param>
    /// <param name="groups">A number for each row, the same for rows that belong together, at least two different ones; null for rows that are independent of one another, the default.</param>
    /// <exception cref="ArgumentException">There are fewer than two seeds, rows or groups, the lists differ in length, or a number is not finite.</exception>
    public PairedDifferences(IReadOnlyList<IReadOnlyList<double>> differences, IReadOnlyList<int>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(differences);
        if (differences.Count < 2)
        {
            throw new ArgumentException($"Paired differences need at least 2 seeds; there {(differences.Count == 1 ? "is 1" : "is none")}. One seed does not say how much seeds differ.", nameof(differences));
        }

        Rows = differences[0].Count;
        foreach ((int seed, IReadOnlyList<double> row) in differences.Index())
        {
            if (row.Count != Rows)
            {
                throw new ArgumentException($"Seed {seed} has {row.Count} rows and seed 0 has {Rows}; all seeds are tested on the same rows in the same order.", nameof(differences));
            }

            Quantiles.CheckSample(row, nameof(differences));
        }

        if (groups is not null && groups.Count != Rows)
        {
            throw new ArgumentException($"There are {groups.Count} groups for {Rows} rows; each row needs the number of its group.", nameof(groups));
        }

        Counts = differences.All(row => row.All(value => value is 0 or 1 or -1));
        SeedMeans = [.. differences.Select(row => row.Average())];
        _units = groups is null ? [.. differences.Select(row => row.ToArray())] : Grouped(differences, groups);
        if (_units[0].Length < 2)
        {
            throw new ArgumentException("All rows are in one group; at least 2 groups are needed, since one does not say how much groups differ.", nameof(groups));
        }
    }

    /// <summary>Gets how many seeds there are (S).</summary>
    public int Seeds => _units.Length;

    /// <summary>Gets how many rows there are (R).</summary>
    public int Rows { get; }

    /// <summary>Gets how many independent rows there are: the groups where rows have groups.</summary>
    public int IndependentRows => _units[0].Length;

    /// <summary>Gets the mean over all seeds and rows.</summary>
    public double Mean => SeedMeans.Average();

    /// <summary>Gets each seed's mean over its rows, <c>[S]</c>.</summary>
    public IReadOnlyList<double> SeedMeans { get; }

    /// <summary>Whether each difference is 1, 0 or -1, as those of right and wrong answers are.</summary>
    internal bool Counts { get; }

    /// <summary>Each independent row's mean over seeds.</summary>
    internal double[] RowMeans
    {
        get
        {
            var means = new double[IndependentRows];
            foreach (double[] seed in _units)
            {
                for (int row = 0; row < means.Length; row++)
                {
                    means[row] += seed[row] / Seeds;
                }
            }

            return means;
        }
    }

    /// <summary>Subtracts figure from figure.</summary>
    /// <param name="figures">The figures of the way that is asked about, one list a seed, a figure a row.</param>
    /// <param name="others">Those of the other way, of the same seeds and rows.</param>
    /// <param name="largerIsBetter">Whether a larger figure is better, as with right answers; false for losses. The differences are positive where the first way is better.</param>
    /// <param name="groups">A number for each row, the same for rows that belong together; null, the default, for independent rows.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or are no paired differences.</exception>
    public static PairedDifferences Of(IReadOnlyList<IReadOnlyList<double>> figures, IReadOnlyList<IReadOnlyList<double>> others, bool largerIsBetter, IReadOnlyList<int>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(others);
        if (figures.Count != others.Count || figures.Zip(others, (one, other) => one.Count == other.Count).Contains(false))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The two ways must have the same seeds and rows; there are {figures.Count} and {others.Count} seeds, of {string.Join(", ", figures.Select(row => row.Count))} and {string.Join(", ", others.Select(row => row.Count))} rows."), nameof(others));
        }

        return new([.. figures.Zip(others, (one, other) => (IReadOnlyList<double>)[.. one.Zip(other, (a, b) => largerIsBetter ? a - b : b - a)])], groups);
    }

    /// <summary>Splits the variance of the differences by where it comes from (two-way analysis of variance).</summary>
    public VarianceParts Variances()
    {
        double mean = Mean, seedSquares = 0, rowSquares = 0, restSquares = 0;
        double[] rows = RowMeans;
        for (int seed = 0; seed < Seeds; seed++)
        {
            double seedEffect = SeedMeans[seed] - mean;
            seedSquares += seedEffect * seedEffect;
            for (int row = 0; row < rows.Length; row++)
            {
                double rest = _units[seed][row] - rows[row] - seedEffect;
                restSquares += rest * rest;
            }
        }

        foreach (double row in rows)
        {
            rowSquares += (row - mean) * (row - mean);
        }

        return VarianceParts.OfMeanSquares(
            Seeds, rows.Length, seedSquares * rows.Length / (Seeds - 1), rowSquares * Seeds / (rows.Length - 1), restSquares / ((Seeds - 1.0) * (rows.Length - 1)));
    }

    /// <summary>Each group's part of its seed's mean, so scaled that the mean over groups is that mean, whatever the groups' sizes (the linearised ratio of a group's sum to its rows).</summary>
    private double[][] Grouped(IReadOnlyList<IReadOnlyList<double>> differences, IReadOnlyList<int> groups)
    {
        Dictionary<int, int> places = groups.Distinct().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        double share = (double)places.Count / Rows;
        return [.. differences.Zip(SeedMeans, (row, mean) =>
        {
            double[] units = [.. Enumerable.Repeat(mean, places.Count)];
            for (int i = 0; i < row.Count; i++)
            {
                units[places[groups[i]]] += share * (row[i] - mean);
            }

            return units;
        })];
    }
}
