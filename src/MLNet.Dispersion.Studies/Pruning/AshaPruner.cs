namespace MLNet.Dispersion.Studies;

/// <summary>
/// Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934) in the form that stops trials: where a trial reaches a rung, at steps m, m eta, m eta^2 and so on, it goes on only if its value there is
/// among the best 1/eta of all trials that have reached the rung so far. Stateless and thread-safe.
/// </summary>
public sealed class AshaPruner : IPruner
{
    private readonly int _minimumSteps;
    private readonly int _reductionFactor;

    /// <summary>Makes a pruner.</summary>
    /// <param name="minimumSteps">The first rung (m): no trial is stopped before this step; at least 1, the default.</param>
    /// <param name="reductionFactor">One of how many trials goes on at each rung, and how many times further the next rung is (eta); at least 2. Default 3; the paper has 4, made for hundreds of trials.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is below its least value.</exception>
    public AshaPruner(int minimumSteps = 1, int reductionFactor = 3)
    {
        if (minimumSteps < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(minimumSteps), minimumSteps, $"The first rung is at step {minimumSteps}; it must be at least 1.");
        }

        if (reductionFactor < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(reductionFactor), reductionFactor, $"The reduction factor is {reductionFactor}; it must be at least 2, or no trial would ever be stopped.");
        }

        (_minimumSteps, _reductionFactor) = (minimumSteps, reductionFactor);
    }

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(history);
        if (trial.Intermediate.Count == 0)
        {
            return false;
        }

        int before = trial.Intermediate.Count > 1 ? trial.Intermediate[^2].Step : 0;
        if (RungWithin(before, trial.Intermediate[^1].Step) is not { } rung)
        {
            return false;
        }

        double mine = trial.Intermediate[^1].Value;
        double[] others = [.. history.Where(other => other.Number != trial.Number).Select(other => ValueAt(other, rung)).OfType<double>()];
        int places = (others.Length + _reductionFactor) / _reductionFactor;
        int ahead = others.Count(other => objective.IsBetter(other, mine) || (double.IsNaN(mine) && !double.IsNaN(other)));
        return ahead >= places;
    }

    /// <summary>The last rung after one step and up to another; null when there is none.</summary>
    private int? RungWithin(int after, int upTo)
    {
        long rung = _minimumSteps;
        if (rung > upTo)
        {
            return null;
        }

        while (rung * _reductionFactor <= upTo)
        {
            rung *= _reductionFactor;
        }

        return rung > after ? (int)rung : null;
    }

    private static double? ValueAt(Trial trial, int rung) => trial.Intermediate.FirstOrDefault(value => value.Step >= rung)?.Value;
}
