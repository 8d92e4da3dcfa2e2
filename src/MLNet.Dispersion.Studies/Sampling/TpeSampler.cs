namespace MLNet.Dispersion.Studies;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011): draws points where the good trials are dense and takes the one where they are densest in relation to all others.
/// </summary>
/// <remarks>
/// Parameters under the same condition are estimated together, so that it sees how they depend on one another; those that take part are chosen parent first, each block from the trials in which it took part.
/// Trials are ranked, so no scale of the objective matters; with several objectives by fronts that no other trial beats. Pruned, failed and running trials count as not good.
/// Stateless and thread-safe.
/// </remarks>
public sealed class TpeSampler : ISampler
{
    private readonly TpeOptions _options;
    private readonly HaltonSampler _startup = new();

    /// <summary>Makes a sampler.</summary>
    /// <param name="options">How to search; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public TpeSampler(TpeOptions? options = null)
    {
        _options = options ?? new();
        _options.Validate();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(history);
        space.ThrowIfEmpty();
        IReadOnlyList<Trial> others = [.. history.Where(trial => trial.Number != number && trial.Parameters is not null)];
        if (others.Count(trial => trial.State is TrialState.Completed or TrialState.Pruned) < _options.StartupTrials)
        {
            return _startup.Sample(space, objectives, history, number, seed);
        }

        IReadOnlyList<Trial> ranked = TrialRanking.BestFirst(others, objectives);
        int good = Math.Max(1, (int)Math.Ceiling(_options.GoodShare * ranked.Count(trial => trial.State == TrialState.Completed)));
        var random = new SampleRandom(seed, number);
        ParameterSet point = ParameterSet.Empty;
        foreach (IReadOnlyList<SearchParameter> block in Blocks(space))
        {
            if (block[0].Condition?.Holds(point) ?? true)
            {
                double[] best = Choose(block, [.. ranked.Take(good)], [.. ranked.Skip(good)], random);
                point = block.Zip(best).Aggregate(point, (soFar, pair) => soFar.With(pair.First.Name, pair.First.At(pair.Second)));
            }
        }

        return space.At(parameter => parameter.PlaceOf(point[parameter.Name]));
    }

    /// <summary>Parameters with the same condition, in the order in which they can be chosen.</summary>
    private static IEnumerable<IReadOnlyList<SearchParameter>> Blocks(SearchSpace space) =>
        space.Parameters.GroupBy(parameter => parameter.Condition?.Key).Select(block => (IReadOnlyList<SearchParameter>)[.. block]);

    private double[] Choose(IReadOnlyList<SearchParameter> block, IReadOnlyList<Trial> good, IReadOnlyList<Trial> rest, SampleRandom random)
    {
        var dense = new ParzenEstimator(block, Places(block, good));
        var sparse = new ParzenEstimator(block, Places(block, rest));
        return Enumerable.Range(0, _options.Candidates).Select(_ => dense.Draw(random)).MaxBy(point => dense.LogDensity(point) - sparse.LogDensity(point))!;
    }

    private static double[][] Places(IReadOnlyList<SearchParameter> block, IReadOnlyList<Trial> trials) =>
        [.. trials.Where(trial => trial.Parameters!.Has(block[0].Name)).Select(trial => block.Select(parameter => parameter.PlaceOf(trial.Parameters![parameter.Name])).ToArray())];
}

/// <summary>
/// Where in the unit cube of some parameters a group of trials lies: an even mixture of a kernel around each trial and one as wide as the cube. A kernel is a product over parameters:
/// a normal distribution cut off at the interval's ends, of which a finite ordered parameter takes the mass of each value's share; for a choice, most of the mass on the trial's own value.
/// </summary>
internal sealed class ParzenEstimator
{
    private const double MostParts = 100;
    private const double SmallestLog = -600;
    private const double HalfLogTwoPi = 0.91893853320467274;
    private readonly IReadOnlyList<SearchParameter> _parameters;
    private readonly double[][] _centres;
    private readonly double[][] _widths;
    private readonly double[][] _logScales;
    private readonly double[] _choiceRests;

    /// <summary>An estimator.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="places">Of each trial, the place of each parameter.</param>
    internal ParzenEstimator(IReadOnlyList<SearchParameter> parameters, IReadOnlyList<double[]> places)
    {
        _parameters = parameters;
        _centres = [.. places];
        _widths = [.. parameters.Select((parameter, k) => Widths(parameter, [.. places.Select(place => place[k])]))];
        _logScales = [.. parameters.Select((_, k) => places.Select((place, i) => LogScale(place[k], _widths[k][i])).ToArray())];

        // Of a choice, the share of values other than the trial's own; it falls as trials become more.
        _choiceRests = [.. parameters.Select(parameter => parameter.IsOrdered ? 0 : 1 / (places.Count + 2.0))];
    }

    /// <summary>A point of the mixture.</summary>
    internal double[] Draw(SampleRandom random)
    {
        int kernel = random.Below(_centres.Length + 1);
        return [.. _parameters.Select((parameter, k) => kernel == _centres.Length ? random.Uniform() : Draw(parameter, k, kernel, random))];
    }

    /// <summary>The logarithm of the mixture's density at a point.</summary>
    internal double LogDensity(double[] point)
    {
        // The kernel as wide as the cube has density 1 everywhere.
        double[] logs = new double[_centres.Length + 1];
        for (int i = 0; i < _centres.Length; i++)
        {
            for (int k = 0; k < point.Length; k++)
            {
                logs[i] += Math.Max(LogDensity(_parameters[k], k, i, point[k]), SmallestLog);
            }
        }

        double largest = logs.Max();
        return largest + Math.Log(logs.Sum(log => Math.Exp(log - largest)) / logs.Length);
    }

    private double Draw(SearchParameter parameter, int k, int kernel, SampleRandom random)
    {
        double centre = _centres[kernel][k];
        if (!parameter.IsOrdered)
        {
            return random.Uniform() >= _choiceRests[k] ? centre : random.Uniform();
        }

        // The centre lies inside, so that a third of all draws do at the least.
        double place;
        do
        {
            place = centre + (_widths[k][kernel] * random.Normal());
        }
        while (place is < 0 or > 1);
        return place;
    }

    private double LogDensity(SearchParameter parameter, int k, int kernel, double place)
    {
        double centre = _centres[kernel][k], width = _widths[k][kernel];
        if (!parameter.IsOrdered)
        {
            int count = parameter.Count!.Value;
            bool same = (int)(place * count) == (int)(centre * count);
            return Math.Log(_choiceRests[k] + (same ? (1 - _choiceRests[k]) * count : 0));
        }

        if (parameter.Count is null)
        {
            double distance = (place - centre) / width;
            return _logScales[k][kernel] - (distance * distance / 2);
        }

        (double from, double to) = parameter.ShareOf(place);
        return Math.Log(Normal.Mass((from - centre) / width, (to - centre) / width) * width / (to - from)) + HalfLogTwoPi + _logScales[k][kernel];
    }

    /// <summary>The logarithm of what the bell is multiplied by, so that its part inside the interval has mass 1.</summary>
    private static double LogScale(double centre, double width) =>
        -Math.Log(width * (Normal.Cumulative((1 - centre) / width) - Normal.Cumulative(-centre / width))) - HalfLogTwoPi;

    /// <summary>Each kernel reaches to the further one of its neighbours, so that it is wide where trials are few; the kernel as wide as the cube counts as one in its middle (Bergstra et al. 2011).</summary>
    private static double[] Widths(SearchParameter parameter, double[] centres)
    {
        double narrowest = Math.Max(1.0 / Math.Min(MostParts, centres.Length + 2), 0.5 / (parameter.Count ?? int.MaxValue));
        double[] sorted = [.. centres.Append(0.5).Order()];
        return [.. centres.Select(centre =>
        {
            int first = Array.IndexOf(sorted, centre), last = Array.LastIndexOf(sorted, centre);
            double left = first > 0 ? centre - sorted[first - 1] : 0, right = last < sorted.Length - 1 ? sorted[last + 1] - centre : 0;
            return Math.Clamp(Math.Max(left, right), narrowest, 1);
        })];
    }
}

/// <summary>Orders a study's trials from best to worst by ranks alone, so that no scale or monotone transform of an objective matters.</summary>
internal static class TrialRanking
{
    /// <summary>
    /// Completed trials by their values; after them pruned ones, those that came further first, at the same step by their value there; then failed ones, and last those
    /// that still run: a point that is being tried is not to be tried again at once.
    /// </summary>
    internal static IReadOnlyList<Trial> BestFirst(IReadOnlyList<Trial> history, IReadOnlyList<StudyObjective> objectives)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(objectives);
        Trial[] completed = [.. history.Where(trial => trial.State == TrialState.Completed)];
        return
        [
            .. objectives.Count == 1 ? completed.OrderBy(trial => objectives[0].Cost(trial.Values[0])).ThenBy(trial => trial.Number) : ParetoFront.Order(completed, objectives),
            .. history.Where(trial => trial.State == TrialState.Pruned).OrderByDescending(trial => LastStep(trial)).ThenBy(trial => LastCost(trial, objectives[0])).ThenBy(trial => trial.Number),
            .. history.Where(trial => trial.State == TrialState.Failed),
            .. history.Where(trial => !trial.IsFinished && trial.Parameters is not null),
        ];
    }

    private static int LastStep(Trial trial) => trial.Intermediate.Count == 0 ? 0 : trial.Intermediate[^1].Step;

    private static double LastCost(Trial trial, StudyObjective objective) => trial.Intermediate.Count == 0 ? double.PositiveInfinity : objective.Cost(trial.Intermediate[^1].Value);
}
