namespace MLNet.Dispersion.Benchmarks.SamplerRegret;

/// <summary>How a sampler's best regret falls from trial to trial.</summary>
internal static class Race
{
    private static readonly StudyObjective[] Minimum = [new() { Name = "value", Maximize = false }];

    /// <summary>After each trial, the distance of the best value so far from the least.</summary>
    public static double[] Regrets(Objective objective, ISampler sampler, int trials, long seed)
    {
        var history = new List<Trial>();
        var regrets = new double[trials];
        double best = double.PositiveInfinity;
        for (int number = 0; number < trials; number++)
        {
            var point = sampler.Sample(objective.Space, Minimum, history, number, seed) ?? throw new InvalidOperationException("The sampler ended.");
            double value = objective.Value(point);
            history.Add(new Trial { Number = number, State = TrialState.Completed, Parameters = point, Values = [value] });
            best = Math.Min(best, value - objective.Least);
            regrets[number] = best;
        }

        return regrets;
    }

    /// <summary>The first trial, from 1, whose regret is within the level; infinity when there is none.</summary>
    public static double TrialsTo(double level, double[] regrets)
    {
        int index = Array.FindIndex(regrets, regret => regret <= level);
        return index < 0 ? double.PositiveInfinity : index + 1;
    }

    /// <summary>The middle value; of an even number the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
