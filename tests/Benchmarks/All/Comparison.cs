using System.Globalization;

namespace MLNet.Dispersion.Benchmarks.All;

/// <summary>Tells what became worse from what is noise: of two sets of runs, all of one are worse than all of the other.</summary>
internal static class Comparison
{
    /// <summary>Stands before the names of figures that are better the lower they are.</summary>
    internal const string LowerMark = "-";

    /// <summary>Whether every present run is worse than every recorded one.</summary>
    internal static bool HasFallen(string figure, IReadOnlyCollection<double> recorded, IReadOnlyCollection<double> present) =>
        recorded.Count > 0 && present.Count > 0 && (IsLower(figure) ? present.Min() > recorded.Max() : present.Max() < recorded.Min());

    /// <summary>How often that is so where nothing changed: the share of orders of as many runs in which those of one set come first.</summary>
    internal static double FalseAlarms(int present, int recorded)
    {
        double orders = 1;
        for (int i = 1; i <= recorded; i++)
        {
            orders *= (double)(present + i) / i;
        }

        return 1 / orders;
    }

    internal static string Describe(string figure, IReadOnlyCollection<double> recorded, IReadOnlyCollection<double> present) =>
        string.Create(CultureInfo.InvariantCulture, $"  {figure}: {Median(present):G4} ({present.Min():G4} to {present.Max():G4}), recorded {Median(recorded):G4} ({recorded.Min():G4} to {recorded.Max():G4}), {Median(present) / Median(recorded):0.00} times");

    private static bool IsLower(string figure) => figure.Contains(": " + LowerMark, StringComparison.Ordinal);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
