namespace MLNet.Dispersion.Studies;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011): draws points where the good trials are dense and takes the one where they are densest in relation to all others.
/// </summary>
/// <remarks>
/// Parameters under the same condition are estimated together, by kernels of as many dimensions, so that it sees how they depend on one another; those that take part are chosen parent first, each block from the trials in which
/// it took part.
/// Trials are ranked, so no scale of the objective matters; with several objectives by fronts that no other trial beats. Pruned, failed and running trials count as not good.
/// Stateless and thread-safe.
/// </remarks>
public sealed class TpeSampler : ISampler
{
    private readonly TpeOptions _options;
    private readonly SobolSampler _startup = new();

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
        int good = Math.Min(_options.MostGood, Math.Max(1, (int)Math.Ceiling(_options.GoodShare * ranked.Count(trial => trial.State == TrialState.Completed))));
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

    /// <summary>The places of a block's parameters, by trial, oldest first.</summary>
    private static double[][] Places(IReadOnlyList<SearchParameter> block, IReadOnlyList<Trial> trials) =>
        [.. trials.Where(trial => trial.Parameters!.Has(block[0].Name)).OrderBy(trial => trial.Number).Select(trial => block.Select(parameter => parameter.PlaceOf(trial.Parameters![parameter.Name])).ToArray())];
}
