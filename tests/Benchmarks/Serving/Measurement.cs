namespace MLNet.Dispersion.Benchmarks.Serving;

/// <summary>What one setting did.</summary>
/// <param name="Setting">What was measured.</param>
/// <param name="Clients">Clients at once.</param>
/// <param name="PerSecond">Answers (200) a second.</param>
/// <param name="MedianMilliseconds">The median duration of those answers.</param>
/// <param name="P99Milliseconds">Their 99th percentile.</param>
/// <param name="Answers">How many there were.</param>
/// <param name="Refused">Answers of 429.</param>
/// <param name="Errors">Everything else: other statuses, broken connections, wrong answers.</param>
/// <param name="RowsAPass">Rows that were computed in one pass, on average; null without a server.</param>
internal sealed record Measurement(string Setting, int Clients, double PerSecond, double MedianMilliseconds, double P99Milliseconds, int Answers, int Refused, int Errors, double? RowsAPass)
{
    internal static Measurement Of(string setting, int clients, TimeSpan measured, IReadOnlyCollection<double> milliseconds, int refused, int errors, double? rowsAPass)
    {
        double[] sorted = [.. milliseconds.Order()];
        return new Measurement(setting, clients, Math.Round(sorted.Length / measured.TotalSeconds, 1), Quantile(sorted, 0.5), Quantile(sorted, 0.99), sorted.Length, refused, errors, rowsAPass);
    }

    private static double Quantile(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)], 2);
}
