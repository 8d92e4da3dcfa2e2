using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What the search says about the dispersion loss, by the first metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="BestWith">The best completed trial with a coefficient above 0; null when there is none.</param>
/// <param name="BestWithout">The best completed trial without dispersion; null when there is none.</param>
/// <param name="Default">The trial with the options as they are; null when it did not complete.</param>
/// <param name="DefaultWithout">The trial with the same options but for the coefficient, which is 0; null when it did not complete.</param>
public sealed record DispersionVerdict(StudyObjective Metric, Trial? BestWith, Trial? BestWithout, Trial? Default, Trial? DefaultWithout)
{
    /// <summary>The best value with dispersion minus the best without; null where one is missing.</summary>
    public double? Difference => BestWith?.Values[0] - BestWithout?.Values[0];

    /// <summary>Whether the best trial with dispersion beat the best without; null where one is missing.</summary>
    public bool? Helped => BestWith is null || BestWithout is null ? null : Metric.IsBetter(BestWith.Values[0], BestWithout.Values[0]);

    /// <summary>The same in words. The best of many trials is better than a repetition of it would be, so a small difference may be chance: repeat both with other seeds before relying on it.</summary>
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
        ILookup<bool, Trial> byUse = completed.Where(trial => trial.Notes.ContainsKey(TrialCode.DispersionNote)).ToLookup(
            trial => double.Parse(trial.Notes[TrialCode.DispersionNote], CultureInfo.InvariantCulture) > 0);
        return new(
            objectives[0],
            Best(byUse[true]),
            Best(byUse[false]),
            Array.Find(completed, trial => trial.Kind == DispersionSearch.DefaultKind),
            Array.Find(completed, trial => trial.Kind == DispersionSearch.WithoutDispersionKind));

        Trial? Best(IEnumerable<Trial> some) => objectives[0].Maximize ? some.MaxBy(trial => trial.Values[0]) : some.MinBy(trial => trial.Values[0]);
    }
}
