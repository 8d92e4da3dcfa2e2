namespace MLNet.Dispersion;

/// <summary>One figure of both ways of training, and what can be said of their difference. Immutable and thread-safe.</summary>
public sealed record ComparisonFigure
{
    /// <summary>Gets the figure's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets whether a larger value is better.</summary>
    public required bool LargerIsBetter { get; init; }

    /// <summary>Gets its mean without dispersion, over all seeds and rows.</summary>
    public required double Plain { get; init; }

    /// <summary>Gets its mean with dispersion.</summary>
    public required double WithDispersion { get; init; }

    /// <summary>Gets the word, with its interval of the difference; positive is better.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Gets each seed's difference over all rows; positive is better.</summary>
    public required IReadOnlyList<double> SeedDifferences { get; init; }

    /// <summary>Gets the interval over seeds alone, for other trainings on these very rows: to be looked at, not to judge by.</summary>
    public required Interval OverSeeds { get; init; }

    /// <summary>Gets the interval over rows alone, for these very models on other rows; null of figures that rows do not have, such as times.</summary>
    public required Interval? OverRows { get; init; }

    /// <summary>Gets how many test rows have the figure; null of figures that rows do not have.</summary>
    public required int? Rows { get; init; }

    /// <summary>Writes the figure, such as <c>accuracy: cannot be told: -0.033, 95 % interval -0.084 to +0.019, least effect 0.01; about 9,600 rows or 26 seeds would tell</c>.</summary>
    public override string ToString() => $"{Name}: {Verdict}";
}
