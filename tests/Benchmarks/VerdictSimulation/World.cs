namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>A world whose true mean difference is known, from which seeds and rows are drawn.</summary>
/// <param name="Name">What it is like.</param>
/// <param name="Truth">The true mean difference.</param>
/// <param name="Draw">Draws differences of so many seeds and rows, and the groups of rows that belong together.</param>
internal sealed record World(string Name, double Truth, Func<Dice, int, int, PairedDifferences> Draw)
{
    private const int GroupSize = 5;

    /// <summary>All that are simulated. The rows' noise has variance 1; the seeds' part is given in units of what 500 rows leave of that noise, so that it counts as much there.</summary>
    public static IReadOnlyList<World> All { get; } =
    [
        Continuous("noise alone", seeds: 0, rows: 0),
        Continuous("seeds differ as much as noise", seeds: 1, rows: 0),
        Continuous("seeds differ four times as much", seeds: 4, rows: 0),
        Continuous("rows differ as much as noise", seeds: 0, rows: 1),
        Continuous("seeds and rows differ", seeds: 2, rows: 1),
        Continuous("log-loss: skewed rows", seeds: 1, rows: 1, skew: 0.7),
        Continuous("log-loss: skewed rows, no seeds' part", seeds: 0, rows: 1, skew: 0.7),
        Continuous("skewed seeds, too", seeds: 2, rows: 1, skew: 0.7, seedSkew: 0.4),
        Continuous("rows in groups of 5", seeds: 1, rows: 1, grouped: true),
        Continuous("skewed rows in groups of 5", seeds: 1, rows: 1, skew: 0.7, grouped: true),
        Neighbours("neighbouring rows alike (0.6), as blocks of 20"),
        Accuracy("accuracy: 10 % of rows differ", discordant: 0.1, effect: 0.1, seedTilt: 0.17, persistent: 0.5),
        Accuracy("accuracy: 10 % of rows differ, flat seeds", discordant: 0.1, effect: 0.1, seedTilt: 0.17, persistent: 0.5, flat: true),
        Accuracy("accuracy: 10 % differ, seeds agree", discordant: 0.1, effect: 0, seedTilt: 0, persistent: 0),
        Accuracy("accuracy: 3 % of rows differ", discordant: 0.03, effect: 0.2, seedTilt: 0.17, persistent: 0.5),
    ];

    /// <summary>Figures such as losses.</summary>
    public static World Continuous(string name, double seeds, double rows, double skew = 0, double seedSkew = 0, bool grouped = false, double truth = 0.1) => new(name, truth, (dice, seedCount, rowCount) =>
    {
        double seedDeviation = Math.Sqrt(seeds / 500), rowDeviation = Math.Sqrt(rows);
        double[] rowEffects = [.. Enumerable.Range(0, rowCount).Select(_ => rowDeviation * Deviate(dice, skew))];
        if (grouped)
        {
            double[] groupEffects = [.. Enumerable.Range(0, (rowCount / GroupSize) + 1).Select(_ => rowDeviation * Deviate(dice, skew))];
            rowEffects = [.. rowEffects.Select((_, row) => groupEffects[row / GroupSize])];
        }

        double[][] differences = [.. Enumerable.Range(0, seedCount).Select(_ =>
        {
            double seedEffect = seedDeviation * Deviate(dice, seedSkew);
            return rowEffects.Select(rowEffect => truth + seedEffect + rowEffect + Deviate(dice, skew)).ToArray();
        })];
        return new PairedDifferences(differences, grouped ? [.. Enumerable.Range(0, rowCount).Select(row => row / GroupSize)] : null);
    });

    /// <summary>Rows that resemble the one before, such as passages of one text; nobody knows where one text ends, so blocks of neighbours are the groups.</summary>
    private static World Neighbours(string name) => new(name, 0, (dice, seedCount, rowCount) =>
    {
        const double Likeness = 0.6;
        double[] rowEffects = new double[rowCount];
        rowEffects[0] = dice.Normal();
        for (int row = 1; row < rowCount; row++)
        {
            rowEffects[row] = (Likeness * rowEffects[row - 1]) + (Math.Sqrt(1 - (Likeness * Likeness)) * dice.Normal());
        }

        double[][] differences = [.. Enumerable.Range(0, seedCount).Select(_ =>
        {
            double seedEffect = Math.Sqrt(1.0 / 500) * dice.Normal();
            return rowEffects.Select(rowEffect => seedEffect + rowEffect + dice.Normal()).ToArray();
        })];
        return new PairedDifferences(differences, [.. Enumerable.Range(0, rowCount).Select(row => row / 20)]);
    });

    /// <summary>
    /// Right and wrong answers: a share of rows differs between the two ways, in favour of the one in (1 + effect) / 2 of cases, which seeds tilt up or down, by a normal or a flat distribution. Of the rows that may differ a part is the same for all seeds, and goes the same way.
    /// </summary>
    public static World Accuracy(string name, double discordant, double effect, double seedTilt, double persistent, bool flat = false) => new(name, discordant * effect, (dice, seedCount, rowCount) =>
    {
        (bool Persists, bool Differs, double Turn)[] rows = [.. Enumerable.Range(0, rowCount).Select(_ => (dice.Uniform() < persistent, dice.Uniform() < discordant, dice.Uniform()))];
        return new PairedDifferences([.. Enumerable.Range(0, seedCount).Select(_ =>
        {
            double gain = (1 + effect + (seedTilt * (flat ? Math.Sqrt(3) * ((2 * dice.Uniform()) - 1) : dice.Normal()))) / 2;
            return rows.Select(row =>
            {
                bool differs = row.Persists ? row.Differs : dice.Uniform() < discordant;
                return !differs ? 0.0 : (row.Persists ? row.Turn : dice.Uniform()) < gain ? 1 : -1;
            }).ToArray();
        })]);
    });

    private static double Deviate(Dice dice, double skew) => skew > 0 ? dice.Skewed(skew) : dice.Normal();
}
