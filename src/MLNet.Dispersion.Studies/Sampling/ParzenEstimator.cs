namespace MLNet.Dispersion.Studies;

/// <summary>
/// Where in the unit cube of some parameters a group of trials lies: a mixture of a kernel around each trial and one as wide as the cube. A kernel is a product over parameters:
/// a normal distribution cut off at the interval's ends, of which a finite ordered parameter takes the mass of each value's share; for a choice, most of the mass on the trial's own value.
/// </summary>
/// <remarks>
/// All kernels have one width, which falls with the number of trials the more slowly the more parameters there are (Scott's rule for joint densities, n^(-1/(d+4)), as in Falkner, Klein and Hutter 2018), times 0.05, found on the
/// functions of tests/Benchmarks/SamplerRegret; of a finite parameter it is at least half a value's share.
/// Of many trials the older count less: the last 25 in full, those before them ever less, down to 1/n.
/// </remarks>
internal sealed class ParzenEstimator
{
    private const double WidthOfOne = 0.05;
    private const int FullWeights = 25;
    private const double SmallestLog = -600;
    private const double HalfLogTwoPi = 0.91893853320467274;
    private readonly IReadOnlyList<SearchParameter> _parameters;
    private readonly double[][] _centres;
    private readonly double[] _widths;
    private readonly double[] _weights;
    private readonly double[][] _logScales;
    private readonly double _choiceRest;

    /// <summary>An estimator.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="places">Of each trial, oldest first, the place of each parameter.</param>
    internal ParzenEstimator(IReadOnlyList<SearchParameter> parameters, IReadOnlyList<double[]> places)
    {
        _parameters = parameters;
        int count = places.Count;
        double width = WidthOfOne * Math.Pow(Math.Max(1, count), -1.0 / (parameters.Count + 4));
        _widths = [.. parameters.Select(parameter => Math.Max(width, 0.5 / (parameter.Count ?? int.MaxValue)))];
        _centres = [.. places];
        _weights = Weights(count);
        _logScales = [.. parameters.Select((_, k) => places.Select(place => LogScale(place[k], _widths[k])).ToArray())];

        // Of a choice, what all values have in common beside the trial's own 1; it falls as trials become more.
        _choiceRest = 1 / (count + 1.0);
    }

    /// <summary>A point of the mixture.</summary>
    internal double[] Draw(SampleRandom random)
    {
        double left = random.Uniform();
        int kernel = 0;
        while (kernel < _centres.Length && left >= _weights[kernel])
        {
            left -= _weights[kernel++];
        }

        return [.. _parameters.Select((parameter, k) => kernel == _centres.Length ? random.Uniform() : Draw(parameter, _centres[kernel][k], _widths[k], random))];
    }

    /// <summary>The logarithm of the mixture's density at a point.</summary>
    internal double LogDensity(double[] point)
    {
        // The kernel as wide as the cube, the last one, has density 1 everywhere.
        double[] logs = [.. _weights.Select(weight => Math.Log(weight))];
        for (int i = 0; i < _centres.Length; i++)
        {
            for (int k = 0; k < point.Length; k++)
            {
                logs[i] += Math.Max(LogDensity(_parameters[k], k, i, point[k]), SmallestLog);
            }
        }

        double largest = logs.Max();
        return largest + Math.Log(logs.Sum(log => Math.Exp(log - largest)));
    }

    private double Draw(SearchParameter parameter, double centre, double width, SampleRandom random)
    {
        if (!parameter.IsOrdered)
        {
            return random.Uniform() * (1 + (_choiceRest * parameter.Count!.Value)) < 1 ? centre : random.Uniform();
        }

        // The centre lies inside, so that a third of all draws do at the least.
        double place;
        do
        {
            place = centre + (width * random.Normal());
        }
        while (place is < 0 or > 1);
        return place;
    }

    private double LogDensity(SearchParameter parameter, int k, int kernel, double place)
    {
        double centre = _centres[kernel][k], width = _widths[k];
        if (!parameter.IsOrdered)
        {
            int count = parameter.Count!.Value;
            bool same = (int)(place * count) == (int)(centre * count);
            return Math.Log(count * (_choiceRest + (same ? 1 : 0)) / (1 + (_choiceRest * count)));
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

    /// <summary>Of each trial, oldest first, and last of the kernel as wide as the cube, which counts as one trial; together 1.</summary>
    private static double[] Weights(int count)
    {
        int older = Math.Max(0, count - FullWeights);
        double[] weights = [.. Enumerable.Range(0, count).Select(i => i >= older ? 1 : older == 1 ? 1.0 / count : 1.0 / count + ((1 - (1.0 / count)) * i / (older - 1))), 1];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
