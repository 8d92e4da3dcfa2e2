using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What is fixed of a comparison before its first training, and stored with it. Immutable and thread-safe.</summary>
public sealed record ComparisonPlan
{
    /// <summary>Gets the name of the metric that decides.</summary>
    public required string Metric { get; init; }

    /// <summary>Gets whether a larger value of it is better.</summary>
    public required bool LargerIsBetter { get; init; }

    /// <summary>Gets the least effect that matters, in words: <c>0.01</c>, or <c>2 % of the plain value</c>.</summary>
    public required string LeastEffect { get; init; }

    /// <summary>Gets the names of what stands beside it and does not decide.</summary>
    public required IReadOnlyList<string> Beside { get; init; }

    /// <summary>Gets how many pairs of trainings decide.</summary>
    public required int Seeds { get; init; }

    /// <summary>Gets the first pair's seed; the others follow it.</summary>
    public required int FirstSeed { get; init; }

    /// <summary>Gets how many folds there are; 1 for training and test data given apart.</summary>
    public required int Folds { get; init; }

    /// <summary>Gets how many test rows there are, over all folds.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the column by which test rows belong together; null where they are independent.</summary>
    public required string? Groups { get; init; }

    /// <summary>Gets a fingerprint of all training and test rows, by the columns of texts, labels and numbers.</summary>
    public required string Data { get; init; }

    /// <summary>Gets how many comparisons this is one of; the level is 1 - 0.05 / this.</summary>
    public required int Comparisons { get; init; }

    /// <summary>Gets whether the setting was picked by looking at these rows.</summary>
    public required bool IsExploratory { get; init; }

    /// <summary>Gets the pipeline: its estimators, the backbone, and the training options, in words.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Gets the level of the interval that decides.</summary>
    public double Level => 1 - (0.05 / Comparisons);

    /// <summary>Gets the level of the intervals beside it: all of them together are wrong by chance in at most 5 % (Bonferroni).</summary>
    public double LevelBeside => 1 - (0.05 / Comparisons / Math.Max(1, Beside.Count));

    /// <summary>Writes the plan; two plans with the same text are the same.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Metric} decides ({(LargerIsBetter ? "larger" : "smaller")} is better), least effect {LeastEffect}; {Seeds} seeds from {FirstSeed}; {Rows} test rows{(Folds > 1 ? $" in {Folds} folds" : "")}{(Groups is null ? "" : $", those of one {Groups} together")}, data {Data}; {(Comparisons == 1 ? "one comparison" : $"one of {Comparisons} comparisons (Bonferroni)")}, level {100 * Level:0.###} %{(IsExploratory ? ", exploratory" : "")}; beside it {(Beside.Count == 0 ? "nothing" : string.Join(", ", Beside))}; {Pipeline}");
}
