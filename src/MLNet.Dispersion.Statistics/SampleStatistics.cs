namespace MLNet.Dispersion.Statistics;

/// <summary>Means and ratios of samples with their standard errors. Pure functions, thread-safe.</summary>
public static class SampleStatistics
{
    /// <summary>Computes a mean and its standard error: the sample standard deviation divided by √n.</summary>
    /// <param name="values">The values, at least one.</param>
    /// <returns>The mean, and the error, which is NaN with one value.</returns>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static (double Mean, double Error) Mean(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ThrowIfEmpty(values.Count, nameof(values));
        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return (mean, values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1) / values.Count) : double.NaN);
    }

    /// <summary>Computes the ratio of two sums over the same units, such as a loss per word over documents, and the standard error of the ratio estimator.</summary>
    /// <param name="numerators">What is summed above the line.</param>
    /// <param name="denominators">What is summed below the line, one a numerator.</param>
    /// <returns>The ratio, and the error, which is NaN with one unit; NaN both without any.</returns>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static (double Ratio, double Error) Ratio(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators)
    {
        ArgumentNullException.ThrowIfNull(numerators);
        ArgumentNullException.ThrowIfNull(denominators);
        if (numerators.Count != denominators.Count)
        {
            throw new ArgumentException($"A ratio needs two lists of the same length; these have {numerators.Count} and {denominators.Count} values.", nameof(denominators));
        }

        double total = denominators.Sum();
        double ratio = numerators.Sum() / total;
        int n = numerators.Count;
        double squares = numerators.Zip(denominators, (a, b) => (a - (ratio * b)) * (a - (ratio * b))).Sum();
        return (ratio, n > 1 ? Math.Sqrt(squares * n / (n - 1)) / total : double.NaN);
    }

    /// <summary>Computes e to the power of an estimate, such as a perplexity of a mean loss, its error carried through by the slope there.</summary>
    /// <param name="exponent">The estimate and its standard error.</param>
    /// <returns>The power and its standard error.</returns>
    public static (double Value, double Error) Exp((double Mean, double Error) exponent)
    {
        double value = Math.Exp(exponent.Mean);
        return (value, value * exponent.Error);
    }

    private static void ThrowIfEmpty(int count, string name)
    {
        if (count == 0)
        {
            throw new ArgumentException("A mean needs at least one value.", name);
        }
    }
}
