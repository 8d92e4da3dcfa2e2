using MLNet.Dispersion.Statistics;
using ScottPlot;

namespace MLNet.Dispersion;

/// <summary>One line of a picture.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="Xs">Horizontal positions, rising.</param>
/// <param name="Ys">As many values; those that are not finite leave a gap.</param>
/// <param name="Order">Its place in an order, 0..1, for lines that are coloured by it.</param>
internal sealed record LineSeries(string Name, IReadOnlyList<double> Xs, IReadOnlyList<double> Ys, double Order = 0)
{
    /// <summary>Gets whether markers may stand on it: not on a line through other series' points.</summary>
    public bool HasMarkers { get; init; } = true;

    /// <summary>Gets whether it is drawn broad, to be seen beneath lines that fall upon it.</summary>
    public bool IsBroad { get; init; }

    /// <summary>Gets the band around it, one interval a value; null for none.</summary>
    public IReadOnlyList<Interval>? Band { get; init; }

    /// <summary>Gets whether the intervals are drawn as a bar at each value rather than as a band.</summary>
    public bool HasBars { get; init; }

    /// <summary>Gets the finite values.</summary>
    public IEnumerable<double> Finite => Ys.Where(double.IsFinite);

    /// <summary>The stretches between gaps.</summary>
    public IEnumerable<Coordinates[]> Runs() => Runs(Xs, Ys);

    /// <summary>The stretches of finite values.</summary>
    public static IEnumerable<Coordinates[]> Runs(IReadOnlyList<double> xs, IReadOnlyList<double> ys)
    {
        var run = new List<Coordinates>();
        for (int i = 0; i < ys.Count; i++)
        {
            if (double.IsFinite(ys[i]))
            {
                run.Add(new Coordinates(xs[i], ys[i]));
            }
            else if (run.Count > 0)
            {
                yield return [.. run];
                run.Clear();
            }
        }

        if (run.Count > 0)
        {
            yield return [.. run];
        }
    }
}
