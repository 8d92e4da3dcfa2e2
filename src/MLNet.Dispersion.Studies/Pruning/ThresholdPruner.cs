using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>Stops a trial whose value leaves a range, or is NaN, such as a loss that runs away. Stateless and thread-safe.</summary>
public sealed class ThresholdPruner : IPruner
{
    private readonly double _lower;
    private readonly double _upper;
    private readonly int _warmupSteps;
    private readonly int _interval;

    /// <summary>Makes a pruner.</summary>
    /// <param name="lower">The least value that may be; null for none.</param>
    /// <param name="upper">The largest value that may be; null for none.</param>
    /// <param name="warmupSteps">No trial is stopped before this step, at least 0. Default 0.</param>
    /// <param name="interval">From there it looks at every so many-th step, at least 1. Default 1.</param>
    /// <exception cref="ArgumentException">There is neither bound, or the lower one is above the upper one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A figure is outside its range.</exception>
    public ThresholdPruner(double? lower = null, double? upper = null, int warmupSteps = 0, int interval = 1)
    {
        (_lower, _upper) = (lower ?? double.NegativeInfinity, upper ?? double.PositiveInfinity);
        if ((lower is null && upper is null) || !(_lower <= _upper))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The bounds are {lower?.ToString(CultureInfo.InvariantCulture) ?? "none"} and {upper?.ToString(CultureInfo.InvariantCulture) ?? "none"}; give at least one, and the lower not above the upper."), nameof(upper));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        (_warmupSteps, _interval) = (warmupSteps, interval);
    }

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return PrunedSteps.LooksAt(trial, _warmupSteps, _interval) && trial.Intermediate[^1].Value is var value && !(value >= _lower && value <= _upper);
    }
}
