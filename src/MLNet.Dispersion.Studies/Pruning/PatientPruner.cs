namespace MLNet.Dispersion.Studies;

/// <summary>Stops a trial that has not improved for some reports, or lets another pruner decide then. Stateless and thread-safe.</summary>
public sealed class PatientPruner : IPruner
{
    private readonly int _patience;
    private readonly double _leastChange;
    private readonly IPruner? _inner;

    /// <summary>Makes a pruner.</summary>
    /// <param name="patience">How many reports without a better value are borne, at least 0: the best of the last <paramref name="patience"/> + 1 is held against the best before them.</param>
    /// <param name="leastChange">By how much the last ones may be worse than the best before them, at least 0. Default 0; equal values do not stop a trial.</param>
    /// <param name="inner">The pruner that decides when patience is at its end; null to stop then.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is outside its range.</exception>
    public PatientPruner(int patience, double leastChange = 0, IPruner? inner = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(patience);
        if (leastChange is not (>= 0 and < double.PositiveInfinity))
        {
            throw new ArgumentOutOfRangeException(nameof(leastChange), leastChange, FormattableString.Invariant($"The least change is {leastChange}; it must be a finite number of at least 0."));
        }

        (_patience, _leastChange, _inner) = (patience, leastChange, inner);
    }

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(trial);
        int split = trial.Intermediate.Count - (_patience + 1);
        if (split < 1)
        {
            return false;
        }

        // A value that is not a number has an infinite cost, and is never the best.
        double[] costs = [.. trial.Intermediate.Select(value => objective.Cost(value.Value))];
        return costs[..split].Min() + _leastChange < costs[split..].Min() && (_inner is null || _inner.ShouldPrune(objective, trial, history));
    }
}
