using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>
/// Stops a trial whose best value so far is worse than a percentile of what the completed trials had at the same step (Golovin et al. 2017 for the median). Stopped trials do not count. Stateless and thread-safe.
/// </summary>
public sealed class PercentilePruner : IPruner
{
    private readonly double _percentile;
    private readonly int _startupTrials;
    private readonly int _warmupSteps;
    private readonly int _interval;
    private readonly int _leastTrials;

    /// <summary>Makes a pruner.</summary>
    /// <param name="percentile">What percentage of trials goes on, 0 to 100: 50 is the median, 25 keeps the best quarter.</param>
    /// <param name="startupTrials">How many trials must have completed before any is stopped, at least 0. Default 5.</param>
    /// <param name="warmupSteps">No trial is stopped before this step, at least 0. Default 0.</param>
    /// <param name="interval">From there it looks at every so many-th step, at least 1. Default 1.</param>
    /// <param name="leastTrials">How many completed trials must have a value at the step, at least 1. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is outside its range.</exception>
    public PercentilePruner(double percentile, int startupTrials = 5, int warmupSteps = 0, int interval = 1, int leastTrials = 1)
    {
        if (percentile is not (>= 0 and <= 100))
        {
            throw new ArgumentOutOfRangeException(nameof(percentile), percentile, string.Create(CultureInfo.InvariantCulture, $"The percentile is {percentile}; it must be from 0 to 100."));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(startupTrials);
        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(leastTrials, 1);
        (_percentile, _startupTrials, _warmupSteps, _interval, _leastTrials) = (percentile, startupTrials, warmupSteps, interval, leastTrials);
    }

    /// <summary>Makes a pruner that stops what is worse than the median.</summary>
    /// <inheritdoc cref="PercentilePruner(double, int, int, int, int)"/>
    public static PercentilePruner Median(int startupTrials = 5, int warmupSteps = 0, int interval = 1, int leastTrials = 1) => new(50, startupTrials, warmupSteps, interval, leastTrials);

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(history);
        Trial[] completed = [.. history.Where(other => other.Number != trial.Number && other.State == TrialState.Completed)];
        if (completed.Length < _startupTrials || !PrunedSteps.LooksAt(trial, _warmupSteps, _interval))
        {
            return false;
        }

        double[] mine = Costs(trial.Intermediate);
        if (mine.Length == 0)
        {
            return true;
        }

        int step = trial.Intermediate[^1].Step;
        IntermediateValue[] values = [.. completed.Select(other => other.Intermediate.FirstOrDefault(value => value.Step == step)).OfType<IntermediateValue>()];
        return values.Length >= _leastTrials && Costs(values) is { Length: > 0 } others && mine.Min() > Percentile(others);

        double[] Costs(IEnumerable<IntermediateValue> some) => [.. some.Where(value => !double.IsNaN(value.Value)).Select(value => objective.Cost(value.Value)).Order()];
    }

    /// <summary>Of sorted values, straight lines between neighbours.</summary>
    private double Percentile(double[] sorted)
    {
        double place = _percentile / 100 * (sorted.Length - 1);
        int low = (int)place, high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + ((place - low) * (sorted[high] - sorted[low]));
    }
}
