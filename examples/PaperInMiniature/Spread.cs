using System.Globalization;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Mean and standard deviation over seeds.</summary>
internal readonly record struct Spread(double Mean, double Deviation, int Count)
{
    /// <summary>Of these values.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return new Spread(mean, all.Length < 2 ? 0 : Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1)), all.Length);
    }

    /// <summary>Whether it lies beyond 0 by more than two standard errors.</summary>
    public bool IsBeyondChance => Count > 1 && Math.Abs(Mean) > 2 * Deviation / Math.Sqrt(Count);

    /// <summary>For tables.</summary>
    /// <param name="format">Of both numbers.</param>
    /// <param name="signed">Whether the mean is a difference, with a sign always.</param>
    public string Show(string format, bool signed = false)
    {
        string mean = Mean.ToString(format, CultureInfo.InvariantCulture);
        mean = signed && !mean.StartsWith('-') ? "+" + mean : mean;
        return Count < 2 ? mean : $"{mean} ± {Deviation.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
