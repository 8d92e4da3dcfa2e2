using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>How much a parameter has to do with which trials are among the best quarter.</summary>
public sealed record ParameterImportance
{
    private const int NumberGroups = 4;
    private const int LeastTrialsOfAGroup = 3;
    private const int Permutations = 400;

    /// <summary>Gets the parameter's name.</summary>
    public required string Parameter { get; init; }

    /// <summary>
    /// Gets the share, 0..1: how far the parameter's values in the best quarter of trials (by the first metric) lie from those in all trials, as their Pearson divergence (PED-ANOVA; Watanabe et al. 2023), of the
    /// largest that it could be and less what chance would give. Values are grouped: each value of a choice; numbers in quarters by rank; a conditional parameter's absence is a group of its own.
    /// All trials are the measure, so a sampler that tries some values more often than others does not make a parameter matter. Each parameter by itself: effects of two together are not seen, and shares need not add up to 1.
    /// </summary>
    public required double Share { get; init; }

    /// <summary>Gets the chance line: where no parameter mattered, the largest share of all would lie above it in one of twenty searches such as this (by permuting the trials' values). A share below it says nothing.</summary>
    public required double ChanceShare { get; init; }

    /// <summary>Gets whether the share lies above the chance line.</summary>
    public bool IsAboveChance => Share > ChanceShare;

    /// <summary>Computes the importance of each parameter, greatest first.</summary>
    /// <param name="trials">Trials; completed ones count.</param>
    /// <param name="space">Their space.</param>
    /// <param name="objective">What their first value is.</param>
    /// <returns>Shares are 0 where there are too few trials to tell: fewer than three for each group.</returns>
    public static IReadOnlyList<ParameterImportance> Of(IEnumerable<Trial> trials, SearchSpace space, StudyObjective objective)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(objective);
        Trial[] completed = [.. trials.Where(trial => trial.State == TrialState.Completed && trial.Parameters is not null)];
        double[] best = BestQuarter([.. completed.Select(trial => trial.Values[0])], objective);
        int[][] groups = [.. space.Parameters.Select(parameter => Groups(completed, parameter))];
        double chance = Chance(groups, best);
        return
        [
            .. space.Parameters.Zip(groups, (parameter, group) => new ParameterImportance { Parameter = parameter.Name, Share = Explained(group, best), ChanceShare = chance })
                .OrderByDescending(importance => importance.Share),
        ];
    }

    /// <summary>1 for each trial of the best quarter, 0 for the others; equals at its end share what is left of it.</summary>
    private static double[] BestQuarter(double[] values, StudyObjective objective)
    {
        double quarter = Math.Ceiling(values.Length / 4.0);
        return [.. values.Select(value => Math.Clamp((quarter - values.Count(other => objective.IsBetter(other, value))) / values.Count(other => other.Equals(value)), 0, 1))];
    }

    private static int[] Groups(Trial[] trials, SearchParameter parameter)
    {
        const int Absent = -1;
        object?[] values = [.. trials.Select(trial => trial.Parameters!.TryGetValue(parameter.Name, out object? value) ? value : null)];
        if (parameter is ChoiceParameter choice)
        {
            return [.. values.Select(value => value is null ? Absent : choice.Values.ToList().IndexOf(value))];
        }

        double[] numbers = [.. values.OfType<object>().Select(value => Convert.ToDouble(value, CultureInfo.InvariantCulture))];
        return [.. values.Select(value => value is null ? Absent : Quarter(Convert.ToDouble(value, CultureInfo.InvariantCulture), numbers))];
    }

    private static int Quarter(double number, double[] numbers) => Math.Min(NumberGroups - 1, NumberGroups * numbers.Count(other => other < number) / numbers.Length);

    /// <summary>The divergence of the best from all over groups, of the largest possible: the part of the variance of "is among the best" that lies between groups, adjusted for their number.</summary>
    private static double Explained(int[] groups, double[] best)
    {
        int count = best.Length, groupCount = groups.Distinct().Count();
        if (groupCount < 2 || count < LeastTrialsOfAGroup * groupCount)
        {
            return 0;
        }

        double mean = best.Average();
        double total = best.Sum(one => (one - mean) * (one - mean));
        double between = best.Zip(groups).GroupBy(pair => pair.Second, pair => pair.First).Sum(group => group.Count() * Math.Pow(group.Average() - mean, 2));
        return total == 0 ? 0 : Math.Clamp(1 - ((total - between) / (count - groupCount) / (total / (count - 1))), 0, 1);
    }

    /// <summary>What the largest share stays below in 95 of 100 permutations.</summary>
    private static double Chance(int[][] groups, double[] best)
    {
        var random = new Random(1);
        double[] permuted = [.. best];
        var largest = new double[Permutations];
        for (int i = 0; i < Permutations; i++)
        {
            random.Shuffle(permuted);
            largest[i] = groups.Length == 0 ? 0 : groups.Max(group => Explained(group, permuted));
        }

        Array.Sort(largest);
        return largest[(Permutations * 95 / 100) - 1];
    }
}
