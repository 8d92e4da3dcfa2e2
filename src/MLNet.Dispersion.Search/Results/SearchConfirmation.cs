namespace MLNet.Dispersion;

/// <summary>
/// What came of training the best trial's options anew, with dispersion and without, from seeds that the search never trained and on test rows that it never saw. Immutable and thread-safe.
/// </summary>
public sealed record SearchConfirmation
{
    /// <summary>Gets the verdict: by the interval over seeds and rows, test rows taken in blocks of neighbours.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Gets the number of the trial whose options were trained anew.</summary>
    public required int Trial { get; init; }

    /// <summary>Gets how many pairs of trainings there were, each of one seed.</summary>
    public required int Seeds { get; init; }

    /// <summary>Gets how many test rows there were.</summary>
    public required int Rows { get; init; }

    /// <summary>Compares the pairs.</summary>
    /// <param name="confirming">The trials of the confirmation.</param>
    /// <param name="metric">Their first metric.</param>
    /// <param name="leastEffect">From the mean value without dispersion to the least effect.</param>
    /// <param name="rows">How many test rows there were.</param>
    /// <param name="isExploratory">Whether the verdict is to carry the mark.</param>
    /// <returns>Null where fewer than two pairs completed.</returns>
    internal static SearchConfirmation? Of(IEnumerable<Trial> confirming, StudyObjective metric, Func<double, double> leastEffect, int rows, bool isExploratory)
    {
        (double[] With, double[] Without)[] pairs =
        [
            .. confirming.Where(trial => trial.State == TrialState.Completed)
                .GroupBy(trial => TrialKinds.AsConfirmation(trial.Kind)!.Value.Pair)
                .Where(pair => pair.Count() == 2).OrderBy(pair => pair.Key)
                .Select(pair => (Blocks(pair.Single(trial => TrialKinds.AsConfirmation(trial.Kind)!.Value.With)), Blocks(pair.Single(trial => !TrialKinds.AsConfirmation(trial.Kind)!.Value.With)))),
        ];
        if (pairs.Length < 2)
        {
            return null;
        }

        PairedDifferences differences = PairedVerdict.Differences([.. pairs.Select(pair => new RowFigures(pair.With))], [.. pairs.Select(pair => new RowFigures(pair.Without))], metric.Maximize);
        return new SearchConfirmation
        {
            Verdict = PairedVerdict.Of(differences, leastEffect(pairs.Average(pair => pair.Without.Average())), isExploratory),
            Trial = TrialKinds.AsConfirmation(confirming.First().Kind)!.Value.Trial,
            Seeds = pairs.Length,
            Rows = rows,
        };
    }

    private static double[] Blocks(Trial trial) => System.Text.Json.JsonSerializer.Deserialize<double[]>(trial.Notes[TrialKinds.BlocksNote])!;
}
