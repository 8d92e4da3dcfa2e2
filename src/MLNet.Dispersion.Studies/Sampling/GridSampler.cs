namespace MLNet.Dispersion.Studies;

/// <summary>
/// Goes through a grid, the last parameter fastest, and ends when it is used up. A finite parameter has all its values if they are no more than the points asked for;
/// every other one has that many points, evenly spaced from bound to bound. A conditional parameter multiplies the grid only where it takes part. Stateless and thread-safe.
/// </summary>
public sealed class GridSampler : ISampler
{
    private readonly int _points;

    /// <summary>Makes a grid.</summary>
    /// <param name="pointsPerParameter">Points of each parameter that has more values than that, at least 2; default 5.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2.</exception>
    public GridSampler(int pointsPerParameter = 5)
    {
        if (pointsPerParameter < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(pointsPerParameter), pointsPerParameter, $"A grid needs at least 2 points in each direction; {pointsPerParameter} were asked for.");
        }

        _points = pointsPerParameter;
    }

    /// <summary>Counts how many points the grid has; <see cref="long.MaxValue"/> for more than that.</summary>
    /// <param name="space">The space.</param>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public long Count(SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfEmpty();
        return Count(space, ParameterSet.Empty, 0);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfEmpty();
        return Find(space, ParameterSet.Empty, 0, SampledTrials.IndexOf(history, number));
    }

    private ParameterSet? Find(SearchSpace space, ParameterSet soFar, int next, long index)
    {
        if (next == space.Parameters.Count)
        {
            return index == 0 ? soFar : null;
        }

        foreach (ParameterSet branch in Branches(space, soFar, next))
        {
            long count = Count(space, branch, next + 1);
            if (index < count)
            {
                return Find(space, branch, next + 1, index);
            }

            index -= count;
        }

        return null;
    }

    private long Count(SearchSpace space, ParameterSet soFar, int next)
    {
        if (next == space.Parameters.Count)
        {
            return 1;
        }

        // Branches differ in size only where something depends on this parameter.
        SearchParameter parameter = space.Parameters[next];
        bool decides = space.Parameters.Any(other => other.Condition?.DependsOn(parameter.Name) == true);
        ParameterSet[] branches = [.. Branches(space, soFar, next)];
        UInt128 count = decides
            ? branches.Aggregate(UInt128.Zero, (sum, branch) => sum + (UInt128)Count(space, branch, next + 1))
            : (UInt128)branches.Length * (UInt128)Count(space, branches[0], next + 1);
        return (long)UInt128.Min(count, long.MaxValue);
    }

    private IEnumerable<ParameterSet> Branches(SearchSpace space, ParameterSet soFar, int next)
    {
        SearchParameter parameter = space.Parameters[next];
        return parameter.Condition?.Holds(soFar) == false ? [soFar] : Points(parameter).Select(point => soFar.With(parameter.Name, point));
    }

    private IEnumerable<object> Points(SearchParameter parameter) => parameter.Count is { } count && (count <= _points || !parameter.IsOrdered)
        ? Enumerable.Range(0, count).Select(parameter.ValueOf)
        : Enumerable.Range(0, _points).Select(i => parameter.At(i / (_points - 1.0))).Distinct();
}
