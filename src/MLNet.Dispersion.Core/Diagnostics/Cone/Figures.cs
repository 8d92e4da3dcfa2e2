using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Numbers as text, in invariant culture.</summary>
internal static class Figures
{
    /// <summary>What stands for a figure that does not exist.</summary>
    public const string None = "-";

    /// <summary>A figure for people.</summary>
    public static string Fixed(double value, int decimals) => double.IsNaN(value) ? None : value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A number with a sign always.</summary>
    public static string Signed(double value, int decimals) => (value > 0 ? "+" : string.Empty) + Fixed(value, decimals);

    /// <summary>A p value.</summary>
    public static string P(double value) => value < 0.001 ? "below 0.001" : Fixed(value, 3);

    /// <summary>How many texts.</summary>
    public static string Texts(int count) => count == 1 ? "1 text" : FormattableString.Invariant($"{count:N0} texts");

    /// <summary>Both correlations of a trend.</summary>
    public static string Trend(CondensationTrend trend) => double.IsNaN(trend.Spearman)
        ? "undefined (all layers are equal)"
        : $"Spearman {Signed(trend.Spearman, 2)}, Kendall tau-b {Signed(trend.KendallTauB, 2)}";

    /// <summary>A figure for programs: all digits; empty when there is none.</summary>
    public static string Exact(double value) => double.IsNaN(value) ? string.Empty : value.ToString("R", CultureInfo.InvariantCulture);
}
