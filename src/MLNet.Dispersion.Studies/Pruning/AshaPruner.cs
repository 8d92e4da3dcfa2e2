namespace MLNet.Dispersion.Studies;

/// <summary>
/// Asynchronous successive halving (Li et al. 2020, arXiv 1810.05934) in the form that stops trials: where a trial reaches a rung, at steps m, m eta, m eta^2 and so on, it goes on only if its value there is
/// among the best 1/eta, rounded down but at least one, of all trials that have reached the rung so far, itself included. Those that were stopped there count; equals go on. Stateless and thread-safe.
/// </summary>
public sealed class AshaPruner : IPruner
{
    /// <summary>What part of the steps of a whole trial the first rung is at where it is found by itself.</summary>
    private const int PartOfAWholeTrial = 100;
    private readonly int? _minimumSteps;
    private readonly int _reductionFactor;
    private readonly int _skippedRungs;
    private readonly int _bootstrapTrials;

    /// <summary>Makes a pruner.</summary>
    /// <param name="minimumSteps">The first rung (m): no trial is stopped before this step; at least 1, the default. Null: a hundredth of the steps of the longest completed trial, at least 1, and no trial is stopped before one has completed.</param>
    /// <param name="reductionFactor">One of how many trials goes on at each rung, and how many times further the next rung is (eta); at least 2. Default 3; the paper has 4, made for hundreds of trials.</param>
    /// <param name="skippedRungs">How many rungs trials pass without being stopped, at least 0 (s in the paper); default 0.</param>
    /// <param name="bootstrapTrials">So many trials must have gone beyond a rung's reach: while no more than these, the newest included, have reached it, none goes on there; at least 0. Default 0. Not together with a first rung found by itself.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is below its least value.</exception>
    /// <exception cref="ArgumentException">Both the first rung is to be found by itself and there are bootstrap trials: none would ever complete.</exception>
    public AshaPruner(int? minimumSteps = 1, int reductionFactor = 3, int skippedRungs = 0, int bootstrapTrials = 0)
    {
        if (minimumSteps < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(minimumSteps), minimumSteps, $"The first rung is at step {minimumSteps}; it must be at least 1.");
        }

        if (reductionFactor < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(reductionFactor), reductionFactor, $"The reduction factor is {reductionFactor}; it must be at least 2, or no trial would ever be stopped.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(skippedRungs);
        ArgumentOutOfRangeException.ThrowIfNegative(bootstrapTrials);
        if (minimumSteps is null && bootstrapTrials > 0)
        {
            throw new ArgumentException($"The first rung is to be found from completed trials, and the first {bootstrapTrials} trials are not to complete: give the first rung, or no bootstrap trials.", nameof(bootstrapTrials));
        }

        (_minimumSteps, _reductionFactor, _skippedRungs, _bootstrapTrials) = (minimumSteps, reductionFactor, skippedRungs, bootstrapTrials);
    }

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(history);
        if (trial.Intermediate.Count == 0 || (_minimumSteps ?? FoundMinimum(history)) is not { } minimum)
        {
            return false;
        }

        int before = trial.Intermediate.Count > 1 ? trial.Intermediate[^2].Step : 0;
        return RungsWithin(minimum, before, trial.Intermediate[^1].Step).Any(rung => StopsAt(rung, objective, trial, history));
    }

    private bool StopsAt(long rung, StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        double mine = trial.Intermediate[^1].Value;
        if (double.IsNaN(mine))
        {
            return true;
        }

        double[] others = [.. history.Where(other => other.Number != trial.Number).Select(other => ValueAt(other, rung)).OfType<double>().Where(value => !double.IsNaN(value))];
        int reached = others.Length + 1;
        return reached <= _bootstrapTrials || others.Count(other => objective.IsBetter(other, mine)) >= Math.Max(1, reached / _reductionFactor);
    }

    /// <summary>The rungs after one step and up to another.</summary>
    private IEnumerable<long> RungsWithin(long minimum, int after, int upTo)
    {
        int passed = 0;
        for (long rung = minimum; rung <= upTo; rung *= _reductionFactor)
        {
            if (passed++ >= _skippedRungs && rung > after)
            {
                yield return rung;
            }
        }
    }

    private static int? FoundMinimum(IReadOnlyList<Trial> history)
    {
        int[] lasts = [.. history.Where(trial => trial.State == TrialState.Completed && trial.Intermediate.Count > 0).Select(trial => trial.Intermediate[^1].Step)];
        return lasts.Length == 0 ? null : Math.Max(1, lasts.Max() / PartOfAWholeTrial);
    }

    private static double? ValueAt(Trial trial, long rung) => trial.Intermediate.FirstOrDefault(value => value.Step >= rung)?.Value;
}
