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

    /// <summary>Gets what came of the confirmation; null where there was none, or fewer than two pairs of it completed.</summary>
    public SearchConfirmation? Confirmation { get; init; }

    /// <summary>Gets the word: the confirmation's. Without one it cannot be told, since the best of many trials is better than a repetition of it would be.</summary>
    public VerdictWord Word => Confirmation?.Verdict.Word ?? VerdictWord.CannotBeTold;

    /// <summary>Gets whether the word is a lead and no result: there was no confirmation, or what it was to be was not fixed before the first trial.</summary>
    public bool IsExploratory => Confirmation?.Verdict.IsExploratory ?? true;

    /// <summary>Writes the verdict: the word, the interval and what they are of.</summary>
    public override string ToString()
    {
        if (BestWith is null || BestWithout is null)
        {
            return $"Dispersion: {Verdict.TextOf(VerdictWord.CannotBeTold)} (exploratory): no trial {(BestWith is null ? "with" : "without")} it completed.";
        }

        string searched = string.Create(CultureInfo.InvariantCulture, $"the best trials of the search, picked by looking: {Metric.Name} {BestWith.Values[0]:0.####} with it (trial {BestWith.Number}), {BestWithout.Values[0]:0.####} without (trial {BestWithout.Number})");
        return Confirmation is null
            ? $"Dispersion: {Verdict.TextOf(VerdictWord.CannotBeTold)} (exploratory), since nothing was confirmed; {searched}. SetConfirmation tells, on seeds and rows that the search never saw."
            : string.Create(CultureInfo.InvariantCulture, $"Dispersion: {Confirmation.Verdict} ({Metric.Name}, positive is better; the options of trial {Confirmation.Trial} with and without it, {Confirmation.Seeds} new seeds, {Confirmation.Rows} new rows). Beside it {searched}.");
    }

    internal static DispersionVerdict Of(IReadOnlyList<Trial> trials, IReadOnlyList<StudyObjective> objectives, SearchConfirmation? confirmation)
    {
        Trial[] completed = [.. trials.Where(trial => trial.State == TrialState.Completed)];
        return new()
        {
            Metric = objectives[0],
            BestWith = Best(completed.Where(trial => TrialKinds.HasDispersion(trial) == true)),
            BestWithout = Best(completed.Where(trial => TrialKinds.HasDispersion(trial) == false)),
            Default = Array.Find(completed, trial => trial.Kind == TrialKinds.Default),
            DefaultWithout = Array.Find(completed, trial => trial.Kind == TrialKinds.WithoutDispersion),
            Confirmation = confirmation,
        };

        Trial? Best(IEnumerable<Trial> some) => objectives[0].Maximize ? some.MaxBy(trial => trial.Values[0]) : some.MinBy(trial => trial.Values[0]);
    }
}
