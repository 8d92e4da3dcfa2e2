namespace MLNet.Dispersion.Studies;

/// <summary>What is best when there are several objectives. Pure functions.</summary>
public static class ParetoFront
{
    /// <summary>Finds the completed trials that no other one beats: none is at least as good in all objectives and better in one. With one objective the best, and those that equal it.</summary>
    /// <param name="trials">Trials; those that are not completed are left out.</param>
    /// <param name="objectives">The objectives of their values.</param>
    /// <returns>By the first objective, best first.</returns>
    public static IReadOnlyList<Trial> Of(IEnumerable<Trial> trials, IReadOnlyList<StudyObjective> objectives)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(objectives);
        return Fronts([.. trials.Where(trial => trial.State == TrialState.Completed)], objectives).FirstOrDefault() is { } front
            ? [.. front.OrderBy(trial => Costs(trial, objectives)[0]).ThenBy(trial => trial.Number)]
            : [];
    }

    /// <summary>Tells whether a trial is at least as good as another in all objectives, and better in one.</summary>
    /// <param name="trial">The one, completed.</param>
    /// <param name="other">The other, completed.</param>
    /// <param name="objectives">The objectives of their values.</param>
    public static bool Dominates(Trial trial, Trial other, IReadOnlyList<StudyObjective> objectives)
    {
        return Beats(Costs(trial, objectives), Costs(other, objectives));
    }

    /// <summary>Front by front, and within a front those in its emptier parts first.</summary>
    internal static IEnumerable<Trial> Order(IReadOnlyList<Trial> completed, IReadOnlyList<StudyObjective> objectives) =>
        Fronts(completed, objectives).SelectMany(front => front.Zip(Crowding(front, objectives)).OrderByDescending(pair => pair.Second).ThenBy(pair => pair.First.Number).Select(pair => pair.First));

    private static IEnumerable<List<Trial>> Fronts(IReadOnlyList<Trial> completed, IReadOnlyList<StudyObjective> objectives)
    {
        double[][] costs = [.. completed.Select(trial => Costs(trial, objectives))];
        List<int> left = [.. Enumerable.Range(0, completed.Count)];
        while (left.Count > 0)
        {
            HashSet<int> front = [.. left.Where(one => !left.Exists(other => Beats(costs[other], costs[one])))];
            left.RemoveAll(front.Contains);
            yield return [.. front.Select(index => completed[index])];
        }
    }

    private static bool Beats(double[] mine, double[] others)
    {
        bool better = false;
        for (int k = 0; k < mine.Length; k++)
        {
            if (mine[k] > others[k])
            {
                return false;
            }

            better |= mine[k] < others[k];
        }

        return better;
    }

    /// <summary>How far each member's neighbours in the front are from one another, in ranges of the objectives; the ends of a front are infinitely far.</summary>
    private static double[] Crowding(List<Trial> front, IReadOnlyList<StudyObjective> objectives)
    {
        var distances = new double[front.Count];
        for (int k = 0; k < objectives.Count; k++)
        {
            double[] costs = [.. front.Select(trial => Costs(trial, objectives)[k])];
            int[] order = [.. Enumerable.Range(0, front.Count).OrderBy(i => costs[i]).ThenBy(i => i)];
            double range = costs[order[^1]] - costs[order[0]];
            distances[order[0]] = distances[order[^1]] = double.PositiveInfinity;
            for (int i = 1; i < order.Length - 1 && range > 0 && double.IsFinite(range); i++)
            {
                distances[order[i]] += (costs[order[i + 1]] - costs[order[i - 1]]) / range;
            }
        }

        return distances;
    }

    private static double[] Costs(Trial trial, IReadOnlyList<StudyObjective> objectives) => [.. trial.Values.Zip(objectives, (value, objective) => objective.Cost(value))];
}
