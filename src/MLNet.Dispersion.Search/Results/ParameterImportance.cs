namespace MLNet.Dispersion;

/// <summary>How much of the differences between trials a parameter explains.</summary>
public sealed record ParameterImportance
{
    private const int NumberGroups = 4;
    private const int LeastTrialsOfAGroup = 3;

    /// <summary>Gets the parameter's name.</summary>
    public required string Parameter { get; init; }

    /// <summary>
    /// Gets the share, 0..1: that of the variance of the trials' ranks (by the first metric) which lies between groups of values (each value of a choice; numbers in quarters by rank; a conditional parameter's absence is a group of
    /// its own), less what chance would give (adjusted R squared). Each parameter by itself: effects of two together are not seen, and shares need not add up to 1. With few trials it is a rough guide.
    /// </summary>
    public required double Share { get; init; }

    /// <summary>Computes the importance of each parameter, greatest first.</summary>
    /// <param name="trials">Trials; completed ones count.</param>
    /// <param name="space">Their space.</param>
    /// <returns>Shares are 0 where there are too few trials to tell: fewer than three for each group.</returns>
    public static IReadOnlyList<ParameterImportance> Of(IEnumerable<Trial> trials, SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(trials);
        ArgumentNullException.ThrowIfNull(space);
        Trial[] completed = [.. trials.Where(trial => trial.State == TrialState.Completed && trial.Parameters is not null)];
        double[] ranks = Ranks([.. completed.Select(trial => trial.Values[0])]);
        return [.. space.Parameters.Select(parameter => new ParameterImportance { Parameter = parameter.Name, Share = Explained(Groups(completed, parameter), ranks) }).OrderByDescending(importance => importance.Share)];
    }

    /// <summary>Ranks from 0; equal values share their mean rank.</summary>
    private static double[] Ranks(double[] values) => [.. values.Select(value => values.Count(other => other < value) + ((values.Count(other => other.Equals(value)) - 1) / 2.0))];

    private static object[] Groups(Trial[] trials, SearchParameter parameter)
    {
        object?[] values = [.. trials.Select(trial => trial.Parameters!.TryGetValue(parameter.Name, out object? value) ? value : null)];
        if (parameter is ChoiceParameter)
        {
            return [.. values.Select(value => value ?? "absent")];
        }

        double[] numbers = [.. values.OfType<object>().Select(value => Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture))];
        return [.. values.Select(value => value is null ? "absent" : (object)Quarter(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture), numbers))];
    }

    private static int Quarter(double number, double[] numbers) => Math.Min(NumberGroups - 1, NumberGroups * numbers.Count(other => other < number) / numbers.Length);

    private static double Explained(object[] groups, double[] ranks)
    {
        int count = ranks.Length, groupCount = groups.Distinct().Count();
        if (groupCount < 2 || count < LeastTrialsOfAGroup * groupCount)
        {
            return 0;
        }

        double mean = ranks.Average();
        double total = ranks.Sum(rank => (rank - mean) * (rank - mean));
        double within = ranks.Zip(groups).GroupBy(pair => pair.Second, pair => pair.First).Sum(group => group.Sum(rank => Math.Pow(rank - group.Average(), 2)));
        return total == 0 ? 0 : Math.Clamp(1 - (within / (count - groupCount) / (total / (count - 1))), 0, 1);
    }
}
