using System.Globalization;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Mean and standard deviation over replications.</summary>
internal readonly record struct Spread(double Mean, double Deviation, int Count)
{
    /// <summary>Of these values.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return new Spread(mean, all.Length < 2 ? 0 : Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1)), all.Length);
    }

    /// <summary>For tables.</summary>
    /// <param name="format">Of both numbers.</param>
    public string Show(string format)
    {
        string mean = Mean.ToString(format, CultureInfo.InvariantCulture);
        return Count < 2 ? mean : $"{mean} ± {Deviation.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
