namespace MLNet.Dispersion.Studies;

/// <summary>Orders a study's trials from best to worst by ranks alone, so that no scale or monotone transform of an objective matters.</summary>
internal static class TrialRanking
{
    /// <summary>
    /// Completed trials by their values; after them pruned ones, those that came further first, at the same step by their value there; then failed ones, and last those
    /// that still run: a point that is being tried is not to be tried again at once.
    /// </summary>
    internal static IReadOnlyList<Trial> BestFirst(IReadOnlyList<Trial> history, IReadOnlyList<StudyObjective> objectives)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(objectives);
        Trial[] completed = [.. history.Where(trial => trial.State == TrialState.Completed)];
        return
        [
            .. objectives.Count == 1 ? completed.OrderBy(trial => objectives[0].Cost(trial.Values[0])).ThenBy(trial => trial.Number) : ParetoFront.Order(completed, objectives),
            .. history.Where(trial => trial.State == TrialState.Pruned).OrderByDescending(trial => LastStep(trial)).ThenBy(trial => LastCost(trial, objectives[0])).ThenBy(trial => trial.Number),
            .. history.Where(trial => trial.State == TrialState.Failed),
            .. history.Where(trial => !trial.IsFinished && trial.Parameters is not null),
        ];
    }

    private static int LastStep(Trial trial) => trial.Intermediate.Count == 0 ? 0 : trial.Intermediate[^1].Step;

    private static double LastCost(Trial trial, StudyObjective objective) => trial.Intermediate.Count == 0 ? double.PositiveInfinity : objective.Cost(trial.Intermediate[^1].Value);
}
