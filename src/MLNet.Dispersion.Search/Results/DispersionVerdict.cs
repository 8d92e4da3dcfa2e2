using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What a search says about the dispersion loss, by its first metric. Immutable and thread-safe.</summary>
public sealed record DispersionVerdict
{
    /// <summary>Gets the first metric.</summary>
    public required StudyObjective Metric { get; init; }

    /// <summary>Gets the best completed trial with a coefficient above 0; null when there is none.</summary>
    public required Trial? BestWith { get; init; }

    /// <summary>Gets the best completed trial without dispersion; null when there is none.</summary>
    public required Trial? BestWithout { get; init; }

    /// <summary>Gets the trial with the options as they are; null when it did not complete.</summary>
    public required Trial? Default { get; init; }

    /// <summary>Gets the trial with the options as they are but for a coefficient of 0; null when it did not complete.</summary>
    public required Trial? DefaultWithout { get; init; }

    /// <summary>Gets the best value with dispersion minus the best without; null where one is missing.</summary>
    public double? Difference => BestWith?.Values[0] - BestWithout?.Values[0];

    /// <summary>Gets whether the best trial with dispersion beat the best without; null where one is missing.</summary>
    public bool? Helped => BestWith is null || BestWithout is null ? null : Metric.IsBetter(BestWith.Values[0], BestWithout.Values[0]);

    /// <summary>Writes the verdict in words. The best of many trials is better than a repetition of it would be, so a small difference may be chance: repeat both with other seeds before relying on it.</summary>
    public override string ToString()
    {
        if (BestWith is null || BestWithout is null)
        {
            return $"Whether dispersion helps cannot be told: no trial {(BestWith is null ? "with" : "without")} it completed.";
        }

        string verdict = Helped == true ? "Dispersion helped" : Difference == 0 ? "Dispersion made no difference" : "Dispersion did not help";
        string text = string.Create(CultureInfo.InvariantCulture, $"{verdict}: {Metric.Name} {BestWith.Values[0]:0.####} with it (trial {BestWith.Number}), {BestWithout.Values[0]:0.####} without (trial {BestWithout.Number}).");
        return Default is null || DefaultWithout is null || Default.Number == DefaultWithout.Number
            ? text
            : string.Create(CultureInfo.InvariantCulture, $"{text} With all other options as they were: {Default.Values[0]:0.####} with it, {DefaultWithout.Values[0]:0.####} without.");
    }

    internal static DispersionVerdict Of(IReadOnlyList<Trial> trials, IReadOnlyList<StudyObjective> objectives)
    {
        Trial[] completed = [.. trials.Where(trial => trial.State == TrialState.Completed)];
        return new()
        {
            Metric = objectives[0],
            BestWith = Best(completed.Where(trial => TrialKinds.HasDispersion(trial) == true)),
            BestWithout = Best(completed.Where(trial => TrialKinds.HasDispersion(trial) == false)),
            Default = Array.Find(completed, trial => trial.Kind == TrialKinds.Default),
            DefaultWithout = Array.Find(completed, trial => trial.Kind == TrialKinds.WithoutDispersion),
        };

        Trial? Best(IEnumerable<Trial> some) => objectives[0].Maximize ? some.MaxBy(trial => trial.Values[0]) : some.MinBy(trial => trial.Values[0]);
    }
}
