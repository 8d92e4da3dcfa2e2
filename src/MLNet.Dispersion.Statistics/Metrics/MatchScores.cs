namespace MLNet.Dispersion.Statistics;

/// <summary>Precision, recall and F1 of predicted against true items. Immutable and thread-safe.</summary>
/// <remarks>A share of nothing is 0, as scikit-learn's <c>zero_division=0</c>.</remarks>
public sealed record MatchScores
{
    /// <summary>Gets the share of predicted items that are true, 0..1.</summary>
    public required double Precision { get; init; }

    /// <summary>Gets the share of true items that were predicted, 0..1.</summary>
    public required double Recall { get; init; }

    /// <summary>Gets the harmonic mean of the two, 0..1; in an average the mean of the parts' F1.</summary>
    public required double F1 { get; init; }

    /// <summary>Gets how many true items there are.</summary>
    public required int Support { get; init; }

    internal static MatchScores Of(int hits, int predicted, int support) => new()
    {
        Precision = Share(hits, predicted),
        Recall = Share(hits, support),
        F1 = Share(2.0 * hits, predicted + support),
        Support = support,
    };

    /// <summary>The plain mean of parts; 0 without any.</summary>
    internal static MatchScores Macro(IReadOnlyCollection<MatchScores> parts) => Mean(parts, _ => 1);

    /// <summary>The mean of parts by their support; 0 without any.</summary>
    internal static MatchScores Weighted(IReadOnlyCollection<MatchScores> parts) => Mean(parts, part => part.Support);

    internal static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;

    private static MatchScores Mean(IReadOnlyCollection<MatchScores> parts, Func<MatchScores, double> weight)
    {
        double whole = parts.Sum(weight);
        return new()
        {
            Precision = Share(parts.Sum(part => weight(part) * part.Precision), whole),
            Recall = Share(parts.Sum(part => weight(part) * part.Recall), whole),
            F1 = Share(parts.Sum(part => weight(part) * part.F1), whole),
            Support = parts.Sum(part => part.Support),
        };
    }
}
