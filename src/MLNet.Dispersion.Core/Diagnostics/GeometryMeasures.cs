namespace MLNet.Dispersion;

/// <summary>What is known of each <see cref="GeometryMeasure"/>: its names, its unit, what it costs. Thread-safe.</summary>
public static class GeometryMeasures
{
    private static readonly MeasureText[] Texts =
    [
        new(GeometryMeasure.MeanCosine, "meanCosine", "mean cosine", "mean cos", "cosine, -1..1", 4),
        new(GeometryMeasure.MeanCosineOffDiagonal, "meanCosineOffDiagonal", "mean cosine off the diagonal", "off-diag.", "cosine, -1..1", 4),
        new(GeometryMeasure.SingularValueEntropy, "singularValueEntropy", "singular-value entropy", "SV entropy", "bits", 3),
        new(GeometryMeasure.EffectiveRank, "effectiveRank", "effective rank", "eff. rank", "directions", 2),
        new(GeometryMeasure.MaximumExplainableVariance, "maximumExplainableVariance", "maximum explainable variance", "MEV", "share, 0..1", 4),
        new(GeometryMeasure.ParticipationRatio, "participationRatio", "participation ratio", "part. ratio", "directions", 2),
        new(GeometryMeasure.StableRank, "stableRank", "stable rank", "stable rank", "directions", 2),
        new(GeometryMeasure.HighToLowFrequencyRatio, "highToLowFrequencyRatio", "high to low frequency", "HFC/LFC", "ratio", 4),
        new(GeometryMeasure.HighFrequencyGrowth, "highFrequencyGrowth", "high-frequency growth", "HFC growth", "natural log of a ratio", 4),
        new(GeometryMeasure.MeanNorm, "meanNorm", "mean norm", "mean norm", "length", 4),
    ];

    /// <summary>Every measure, in the order of the enumeration: that of tables and files.</summary>
    public static IReadOnlyList<GeometryMeasure> All { get; } = [.. Texts.Select(text => text.Measure)];

    /// <summary>The name in files and columns, such as <c>meanCosine</c>: letters only, never changed once published.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string MachineName(this GeometryMeasure measure) => Of(measure).MachineName;

    /// <summary>The name for people, such as <c>mean cosine</c>: for axes, legends and sentences.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string DisplayName(this GeometryMeasure measure) => Of(measure).DisplayName;

    /// <summary>A name of at most 11 characters for the head of a table's column, such as <c>mean cos</c>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string ShortName(this GeometryMeasure measure) => Of(measure).ShortName;

    /// <summary>What a value counts, such as <c>bits</c> or <c>share, 0..1</c>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string Unit(this GeometryMeasure measure) => Of(measure).Unit;

    /// <summary>Decimals that tables show: 4 for cosines.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static int Decimals(this GeometryMeasure measure) => Of(measure).Decimals;

    /// <summary>Whether it is a mean cosine, which needs two tokens: cheap, and over all texts in a <see cref="CondensationReport"/>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static bool IsCosine(this GeometryMeasure measure) =>
        Of(measure).Measure is GeometryMeasure.MeanCosine or GeometryMeasure.MeanCosineOffDiagonal;

    /// <summary>Whether it needs singular values, in float64: dear beside a small model's forward pass.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static bool NeedsSingularValues(this GeometryMeasure measure) =>
        !measure.IsCosine() && measure is not (GeometryMeasure.HighFrequencyGrowth or GeometryMeasure.MeanNorm);

    /// <summary>Finds the measure of a machine name.</summary>
    /// <param name="machineName">The name, such as <c>meanCosine</c>; upper and lower case matter.</param>
    /// <param name="measure">The measure, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryParse(string? machineName, out GeometryMeasure measure)
    {
        MeasureText? text = Array.Find(Texts, candidate => candidate.MachineName == machineName);
        measure = text?.Measure ?? default;
        return text is not null;
    }

    /// <summary>The measures asked for, each once and in the order of <see cref="All"/>.</summary>
    /// <exception cref="ArgumentException">None, or one that does not exist.</exception>
    internal static IReadOnlyList<GeometryMeasure> Checked(IReadOnlyCollection<GeometryMeasure> measures, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(measures, parameterName);
        if (measures.Count == 0)
        {
            throw new ArgumentException($"No measure was asked for: name at least one, such as {nameof(GeometryMeasure)}.{nameof(GeometryMeasure.MeanCosine)}, or pass {nameof(GeometryMeasures)}.{nameof(All)}.", parameterName);
        }

        return [.. measures.Select(measure => Of(measure).Measure).Distinct().Order()];
    }

    private static MeasureText Of(GeometryMeasure measure) => Array.Find(Texts, text => text.Measure == measure) ?? throw new ArgumentOutOfRangeException(
        nameof(measure), measure, $"There is no measure {(int)measure}; it must be one of {string.Join(", ", Enum.GetNames<GeometryMeasure>())}.");

    private sealed record MeasureText(GeometryMeasure Measure, string MachineName, string DisplayName, string ShortName, string Unit, int Decimals);
}
