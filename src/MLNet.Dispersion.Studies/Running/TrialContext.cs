namespace MLNet.Dispersion.Studies;

/// <summary>What a trial's code is given. Thread-safe, but for <see cref="Notes"/>.</summary>
public sealed class TrialContext
{
    private readonly Func<IntermediateValue, Task<bool>> _report;

    internal TrialContext(Trial trial, Func<IntermediateValue, Task<bool>> report, CancellationToken cancellationToken)
    {
        (Number, Kind, Parameters) = (trial.Number, trial.Kind, trial.Parameters!);
        (_report, CancellationToken) = (report, cancellationToken);
    }

    /// <summary>Gets the trial's number in the study, from 0.</summary>
    public int Number { get; }

    /// <summary>Gets what the trial is for (<see cref="Trial.Kind"/>).</summary>
    public string Kind { get; }

    /// <summary>Gets the sampled values.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Gets the token that fires when the search is cancelled or its time is up, and when the trial is no longer this worker's: stop then, and throw <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Gets further figures and words to keep with the trial.</summary>
    public IDictionary<string, string> Notes { get; } = new Dictionary<string, string>();

    /// <summary>Says how the first objective stands.</summary>
    /// <param name="step">How far the trial is, in units that all trials share; from 1, growing.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether the trial is not worth going on with: return <see cref="TrialOutcome.Pruned"/> then. Trials that were asked for in advance are always worth it.</returns>
    public bool Report(int step, double value) => ReportAsync(step, value).GetAwaiter().GetResult();

    /// <inheritdoc cref="Report"/>
    public Task<bool> ReportAsync(int step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return _report(new IntermediateValue { Step = step, Value = value });
    }
}
