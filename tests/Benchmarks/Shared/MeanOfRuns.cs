using System.Globalization;

namespace MLNet.Dispersion.Benchmarks;

/// <summary>A mean over runs.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation of one run; 0 for a single run.</param>
/// <param name="Runs">Runs.</param>
internal sealed record MeanOfRuns(double Mean, double Deviation, int Runs)
{
    public static MeanOfRuns Of(double[] values)
    {
        double mean = values.Average();
        return new MeanOfRuns(mean, values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1)), values.Length);
    }

    /// <summary>The mean, and the deviation where there are two runs or more.</summary>
    /// <param name="format">Of both.</param>
    public string ToText(string format = "0.000")
    {
        string mean = Mean.ToString(format, CultureInfo.InvariantCulture);
        return Runs < 2 ? mean : $"{mean} ± {Deviation.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
