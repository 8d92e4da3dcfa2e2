namespace MLNet.Dispersion.Studies;

/// <summary>How a trial ended.</summary>
public sealed record TrialOutcome
{
    private TrialOutcome(TrialState state) => State = state;

    /// <summary>Gets the state: <see cref="TrialState.Completed"/>, <see cref="TrialState.Pruned"/> or <see cref="TrialState.Failed"/>.</summary>
    public TrialState State { get; }

    /// <summary>Gets one value for each objective, when completed; otherwise empty.</summary>
    public IReadOnlyList<double> Values { get; private init; } = [];

    /// <summary>Gets why it failed; null otherwise.</summary>
    public string? FailureReason { get; private init; }

    /// <summary>Makes the outcome of a trial that ended with these values.</summary>
    /// <param name="values">One finite value for each objective.</param>
    /// <returns>The outcome; a value that is not finite makes it a failure that says so.</returns>
    public static TrialOutcome Completed(params IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        int odd = values.ToList().FindIndex(value => !double.IsFinite(value));
        return odd >= 0
            ? Failed($"Objective {odd + 1} came back as {values[odd]}; a finite number is needed. Look at the trial's learning rate and at its data.")
            : new(TrialState.Completed) { Values = [.. values] };
    }

    /// <summary>Gets the outcome of a trial that was ended early because others did better.</summary>
    public static TrialOutcome Pruned { get; } = new(TrialState.Pruned);

    /// <summary>Makes the outcome of a trial that ended without a value.</summary>
    /// <param name="reason">Why, in words for the user.</param>
    public static TrialOutcome Failed(string reason) => new(TrialState.Failed) { FailureReason = reason };
}
