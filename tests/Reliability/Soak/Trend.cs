using System.Globalization;
using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>Whether figures grow with time: a straight line through the means of blocks (neighbouring samples resemble one another; means of blocks hardly do), with its 95 % interval, after the first third, in which pools and caches fill.</summary>
internal static class Trend
{
    private const int Blocks = 10;
    private const double Level = 0.975, TolerableShareAnHour = 0.02;

    /// <summary>Prints the slopes; true where one is surely above 2 % of the level an hour.</summary>
    internal static bool Print(IReadOnlyList<Sample> samples)
    {
        Sample[] settled = [.. samples.Skip(samples.Count / 3)];
        Sample[][] blocks = [.. settled.Chunk(Math.Max(1, settled.Length / Blocks)).Take(Blocks)];
        double[] hours = [.. blocks.Select(block => block.Average(sample => sample.Time.TotalHours))];
        Console.WriteLine("| figure | mean | slope an hour | 95 % interval | verdict |");
        Console.WriteLine("|---|---|---|---|---|");
        bool any = false;
        foreach (var (name, of) in Sample.Figures)
        {
            double[] values = [.. blocks.Select(block => block.Average(of))];
            var (slope, half) = Slope(hours, values);
            bool grows = slope - half > TolerableShareAnHour * values.Average();
            any |= grows;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {values.Average():0.0} | {slope:+0.0;-0.0;0.0} | {slope - half:+0.0;-0.0;0.0} to {slope + half:+0.0;-0.0;0.0} | {(grows ? "grows" : "flat")} |"));
        }

        return any;
    }

    /// <summary>The slope of the line through points, and half its interval.</summary>
    private static (double Slope, double Half) Slope(double[] x, double[] y)
    {
        double middle = x.Average(), mean = y.Average();
        double spread = x.Sum(value => (value - middle) * (value - middle));
        double slope = x.Zip(y, (at, value) => (at - middle) * (value - mean)).Sum() / spread;
        double rest = x.Zip(y, (at, value) => Math.Pow(value - mean - (slope * (at - middle)), 2)).Sum();
        int degrees = x.Length - 2;
        return (slope, StudentT.InvCDF(0, 1, degrees, Level) * Math.Sqrt(rest / degrees / spread));
    }
}
