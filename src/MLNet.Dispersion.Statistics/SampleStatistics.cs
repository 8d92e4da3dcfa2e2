namespace MLNet.Dispersion.Statistics;

/// <summary>Means and their standard errors.</summary>
internal static class SampleStatistics
{
    /// <summary>The mean and its standard error (sample standard deviation divided by √n; NaN with one value).</summary>
    public static (double Mean, double Error) Mean(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return (mean, values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1) / values.Count) : double.NaN);
    }

    /// <summary>The ratio of two sums over the same units, with the standard error of the ratio estimator (NaN with one unit).</summary>
    public static (double Ratio, double Error) Ratio(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators)
    {
        double total = denominators.Sum();
        double ratio = numerators.Sum() / total;
        int n = numerators.Count;
        double squares = numerators.Zip(denominators, (a, b) => (a - (ratio * b)) * (a - (ratio * b))).Sum();
        return (ratio, n > 1 ? Math.Sqrt(squares * n / (n - 1)) / total : double.NaN);
    }

    /// <summary>exp of a mean, with the error carried through by the slope.</summary>
    public static (double Value, double Error) Exp((double Mean, double Error) exponent)
    {
        double value = Math.Exp(exponent.Mean);
        return (value, value * exponent.Error);
    }
}
