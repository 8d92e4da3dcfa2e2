using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Sentences that several pictures share, in invariant culture.</summary>
internal static class Wording
{
    /// <summary>Both correlations of a trend.</summary>
    public static string Trend(CondensationTrend trend) => double.IsNaN(trend.Spearman)
        ? "trend undefined"
        : $"Spearman ρ {Signed(trend.Spearman)}, Kendall τ-b {Signed(trend.KendallTauB)}{(trend.IsSignificant ? string.Empty : ", not significant")}";

    /// <summary>How much was measured.</summary>
    public static string Sample(CondensationProfile profile) => string.Create(CultureInfo.InvariantCulture,
        $"{profile.Texts:N0} {(profile.Texts == 1 ? "text" : "texts")}, {profile.Tokens:N0} tokens{Short(profile)}");

    /// <summary>How matrices were averaged.</summary>
    public static string Averaging(CondensationProfile profile) => profile.Averaging == CosineAveraging.Elementwise
        ? string.Create(CultureInfo.InvariantCulture, $"cosine matrices averaged entry by entry over texts of {profile.TokensPerText:N0} tokens (published convention)")
        : "token pairs of all texts pooled (the texts differ in length)";

    /// <summary>A number with its sign, two decimals.</summary>
    public static string Signed(double value) => value.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>A count of three digits, such as 135 M.</summary>
    public static string Count(double value)
    {
        (double unit, string name) = value switch { >= 1e12 => (1e12, " T"), >= 1e9 => (1e9, " B"), >= 1e6 => (1e6, " M"), >= 1e3 => (1e3, " k"), _ => (1, string.Empty) };
        double scaled = value / unit;
        return scaled.ToString(scaled >= 99.95 || unit == 1 ? "F0" : scaled >= 9.995 ? "0.#" : "0.##", CultureInfo.InvariantCulture) + name;
    }

    private static string Short(CondensationProfile profile) => profile.ShortTexts == 0
        ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $", {profile.ShortTexts:N0} too short and left out");
}
