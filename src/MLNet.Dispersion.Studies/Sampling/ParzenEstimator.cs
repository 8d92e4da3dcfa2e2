namespace MLNet.Dispersion.Studies;

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
