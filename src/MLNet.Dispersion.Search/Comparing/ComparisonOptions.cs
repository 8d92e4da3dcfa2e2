using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>How a comparison is made. What decides, <see cref="Metrics"/>, <see cref="Seeds"/>, <see cref="Seed"/>, <see cref="Comparisons"/> and <see cref="IsExploratory"/>, is fixed before the first training and stored with it.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Gets the metrics: the first decides, further ones stand beside it. Default none: accuracy and log-loss for classifiers, squared and absolute error for regressions, perplexity and loss a token for language models.
    /// These stand beside metrics that are named here, too, where the pipeline's columns allow it.</summary>
    public IReadOnlyList<ComparisonMetric> Metrics { get; init; } = [];

    /// <summary>Gets how many pairs of trainings decide, at least 2. Default 5: intervals of 3 seeds are nearly twice as wide as need be.</summary>
    public int Seeds { get; init; } = 5;

    /// <summary>Gets how many pairs are added to those that were fixed, after a look at what they said; the word then carries the mark "exploratory". From 0, the default.</summary>
    public int AddedSeeds { get; init; }

    /// <summary>Gets the first pair's training seed; the others have those that follow it. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets how many comparisons this is one of, such as of several data sets, at least 1, the default. The level of the interval is 1 - 0.05 / this (Bonferroni), so that one of them says "better" or "worse" by chance in at most 5 %.</summary>
    public int Comparisons { get; init; } = 1;

    /// <summary>Gets whether the setting was picked by looking at figures of these rows: the word then carries the mark "exploratory". Default false.</summary>
    public bool IsExploratory { get; init; }

    /// <summary>Gets the column whose values tell which test rows belong together, such as questions about one document; null, the default, for rows that are independent of one another. Folds keep such rows together.</summary>
    public string? GroupColumnName { get; init; }

    /// <summary>Gets of how many test texts, at most, the geometry is measured; 0 for none. Default 50.</summary>
    public int GeometryTexts { get; init; } = 50;

    /// <summary>Gets where the study is kept, a SQLite file: an interrupted comparison goes on where it was, and several processes may share it. Null, the default, for memory.</summary>
    public string? StoragePath { get; init; }

    /// <summary>Gets what opens the storage elsewhere, such as in PostgreSQL, where several machines may share it; the comparison disposes it. It may give the definition a name of its own. Null, the default, for <see cref="StoragePath"/>.</summary>
    public Func<StudyDefinition, CancellationToken, Task<IStudyStorage>>? OpenStorage { get; init; }

    /// <summary>Gets how many trainings run at the same time here, at least 1. Default 1: training uses all cores by itself, and times and memory are those of one training only then.</summary>
    public int MaxParallelRuns { get; init; } = 1;

    /// <summary>Gets who is told whenever a training begins or ends, from any thread; null for nobody.</summary>
    public IProgress<ComparisonProgress>? Progress { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is outside its range; the message names it.</exception>
    /// <exception cref="ArgumentException">Two places for the study are named, or two metrics have one name.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Metrics);
        AtLeast(Seeds, 2, nameof(Seeds), "; one seed does not say how much seeds differ");
        AtLeast(AddedSeeds, 0, nameof(AddedSeeds));
        AtLeast(Comparisons, 1, nameof(Comparisons));
        AtLeast(GeometryTexts, 0, nameof(GeometryTexts));
        AtLeast(MaxParallelRuns, 1, nameof(MaxParallelRuns));
        if (StoragePath is not null && OpenStorage is not null)
        {
            throw new ArgumentException("ComparisonOptions.StoragePath and OpenStorage name two places for one study; set one of them.");
        }

        if (Metrics.CountBy(metric => metric.Name).FirstOrDefault(pair => pair.Value > 1) is { Key: { } twice })
        {
            throw new ArgumentException($"Two of ComparisonOptions.Metrics are called '{twice}'; give each a name of its own.");
        }
    }

    private static void AtLeast(int value, int least, string name, string why = "")
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"ComparisonOptions.{name} is {value}; it must be at least {least}{why}."));
        }
    }
}
