namespace MLNet.Dispersion;

/// <summary>Says everything that is known of each <see cref="GeometryMeasure"/>: its names, its unit, what it costs, what it means, how it is computed. Thread-safe.</summary>
/// <remarks>docs/how-to-add-a-measure.md is the checklist for one more.</remarks>
public static class GeometryMeasures
{
    // One entry a measure, in the order of the enumeration: everything that tables, files, pages and pictures say of it follows from here.
    private static readonly Entry[] Entries =
    [
        new()
        {
            Measure = GeometryMeasure.MeanCosine,
            MachineName = "meanCosine",
            DisplayName = "mean cosine",
            ShortName = "mean cos",
            Unit = "cosine, -1..1",
            AxisLabel = "mean cosine (diagonal included)",
            Decimals = 4,
            Meaning = "Mean over all pairs of tokens, each token paired with itself too (as published). Near 1 is condensed.",
            IsHeadline = true,
            OfCosines = means => means.Full,
            Value = (layer, _) => layer.Cosine.Full,
        },
        new()
        {
            Measure = GeometryMeasure.MeanCosineOffDiagonal,
            MachineName = "meanCosineOffDiagonal",
            DisplayName = "mean cosine off the diagonal",
            ShortName = "off-diag.",
            Unit = "cosine, -1..1",
            AxisLabel = "mean cosine (different tokens)",
            Decimals = 4,
            Meaning = "Mean over all pairs of different tokens: the cleaner figure for short texts. Near 1 is condensed.",
            IsHeadline = true,
            OfCosines = means => means.OffDiagonal,
            Value = (layer, _) => layer.Cosine.OffDiagonal,
        },
        new()
        {
            Measure = GeometryMeasure.SingularValueEntropy,
            MachineName = "singularValueEntropy",
            DisplayName = "singular-value entropy",
            ShortName = "SV entropy",
            Unit = "bits",
            Decimals = 3,
            Meaning = "How evenly the singular values of the token matrix are spread. Low is condensed.",
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.Raw.EntropyBits,
        },
        new()
        {
            Measure = GeometryMeasure.EffectiveRank,
            MachineName = "effectiveRank",
            DisplayName = "effective rank",
            ShortName = "eff. rank",
            Unit = "directions",
            Decimals = 2,
            Meaning = "How many equally strong directions would be as evenly spread. Low is condensed.",
            IsHeadline = true,
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.Raw.EffectiveRank,
        },
        new()
        {
            Measure = GeometryMeasure.MaximumExplainableVariance,
            MachineName = "maximumExplainableVariance",
            DisplayName = "maximum explainable variance",
            ShortName = "MEV",
            Unit = "share, 0..1",
            Decimals = 4,
            Meaning = "The share that the strongest direction explains alone. Near 1 is condensed.",
            IsHeadline = true,
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.Raw.MaximumExplainableVariance,
        },
        new()
        {
            Measure = GeometryMeasure.ParticipationRatio,
            MachineName = "participationRatio",
            DisplayName = "participation ratio",
            ShortName = "part. ratio",
            Unit = "directions",
            Decimals = 2,
            Meaning = "How many directions take part, strong ones counting most. Low is condensed.",
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.Raw.ParticipationRatio,
        },
        new()
        {
            Measure = GeometryMeasure.StableRank,
            MachineName = "stableRank",
            DisplayName = "stable rank",
            ShortName = "stable rank",
            Unit = "directions",
            Decimals = 2,
            Meaning = "The whole compared with its strongest direction. Near 1 is condensed.",
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.Raw.StableRank,
        },
        new()
        {
            Measure = GeometryMeasure.HighToLowFrequencyRatio,
            MachineName = "highToLowFrequencyRatio",
            DisplayName = "high to low frequency",
            ShortName = "HFC/LFC",
            Unit = "ratio",
            Decimals = 4,
            Meaning = "What differs between tokens compared with what they share. Near 0 is condensed.",
            NeedsSingularValues = true,
            Value = (layer, _) => layer.Spectrum!.HighToLowFrequencyRatio,
        },
        new()
        {
            Measure = GeometryMeasure.HighFrequencyGrowth,
            MachineName = "highFrequencyGrowth",
            DisplayName = "high-frequency growth",
            ShortName = "HFC growth",
            Unit = "natural log of a ratio",
            Decimals = 4,
            Meaning = "Natural logarithm of how much what differs between tokens grew since the embeddings. Below 0 they moved together.",
            Value = (layer, embeddings) => Math.Log(layer.HighFrequencyNorm / embeddings.HighFrequencyNorm),
        },
        new()
        {
            Measure = GeometryMeasure.MeanNorm,
            MachineName = "meanNorm",
            DisplayName = "mean norm",
            ShortName = "mean norm",
            Unit = "length",
            Decimals = 4,
            Meaning = "Mean length of a token’s vector; no sign of condensation by itself, but it tells layers apart.",
            Value = (layer, _) => layer.MeanNorm,
        },
    ];

    /// <summary>Gets every measure, in the order of the enumeration: that of tables and files.</summary>
    public static IReadOnlyList<GeometryMeasure> All { get; } = [.. Entries.Select(entry => entry.Measure)];

    /// <summary>Gets the name in files and columns, such as <c>meanCosine</c>: letters only, never changed once published.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string MachineName(this GeometryMeasure measure) => Of(measure).MachineName;

    /// <summary>Gets the name for people, such as <c>mean cosine</c>: for axes, legends and sentences.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string DisplayName(this GeometryMeasure measure) => Of(measure).DisplayName;

    /// <summary>Gets a name of at most 11 characters for the head of a table's column, such as <c>mean cos</c>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string ShortName(this GeometryMeasure measure) => Of(measure).ShortName;

    /// <summary>Gets what a value counts, such as <c>bits</c> or <c>share, 0..1</c>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string Unit(this GeometryMeasure measure) => Of(measure).Unit;

    /// <summary>Gets what stands beside the axis of a picture, such as <c>effective rank (directions)</c>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string AxisLabel(this GeometryMeasure measure) => Of(measure).AxisLabel ?? $"{measure.DisplayName()} ({measure.Unit()})";

    /// <summary>Gets how many decimals tables show: 4 for cosines.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static int Decimals(this GeometryMeasure measure) => Of(measure).Decimals;

    /// <summary>Gets what it says, in a sentence or two for people who do not know it: what it is, and which values are condensed.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static string Meaning(this GeometryMeasure measure) => Of(measure).Meaning;

    /// <summary>Tells whether it is one of the few that stand where there is no room for all, such as in a page's comparison of two models.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static bool IsHeadline(this GeometryMeasure measure) => Of(measure).IsHeadline;

    /// <summary>Tells whether it is a mean cosine, which needs two tokens: cheap, and over all texts in a <see cref="CondensationReport"/>.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static bool IsCosine(this GeometryMeasure measure) => Of(measure).OfCosines is not null;

    /// <summary>Tells whether it needs singular values, in float64: dear beside a small model's forward pass.</summary>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such measure.</exception>
    public static bool NeedsSingularValues(this GeometryMeasure measure) => Of(measure).NeedsSingularValues;

    /// <summary>Finds the measure of a machine name.</summary>
    /// <param name="machineName">The name, such as <c>meanCosine</c>; upper and lower case matter.</param>
    /// <param name="measure">The measure, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryParse(string? machineName, out GeometryMeasure measure)
    {
        Entry? entry = Array.Find(Entries, candidate => candidate.MachineName == machineName);
        measure = entry?.Measure ?? default;
        return entry is not null;
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

    /// <summary>The value of a measure in one layer of one text.</summary>
    /// <param name="measure">The measure.</param>
    /// <param name="layer">The layer's figures, with singular values where the measure needs them.</param>
    /// <param name="embeddings">Those of hidden state 0 of the same text.</param>
    internal static double ValueOf(this GeometryMeasure measure, LayerFigures layer, LayerFigures embeddings) => Of(measure).Value(layer, embeddings);

    /// <summary>The value of a measure that follows from mean cosines over all texts; null for any other.</summary>
    internal static double? ValueOf(this GeometryMeasure measure, CosineMeans means) => Of(measure).OfCosines?.Invoke(means);

    private static Entry Of(GeometryMeasure measure) => Array.Find(Entries, entry => entry.Measure == measure) ?? throw new ArgumentOutOfRangeException(
        nameof(measure), measure, $"There is no measure {(int)measure}; it must be one of {string.Join(", ", Enum.GetNames<GeometryMeasure>())}.");

    private sealed record Entry
    {
        public required GeometryMeasure Measure { get; init; }

        public required string MachineName { get; init; }

        public required string DisplayName { get; init; }

        public required string ShortName { get; init; }

        public required string Unit { get; init; }

        /// <summary>Gets what stands beside an axis, where name and unit would not do.</summary>
        public string? AxisLabel { get; init; }

        public required int Decimals { get; init; }

        public required string Meaning { get; init; }

        public bool IsHeadline { get; init; }

        public bool NeedsSingularValues { get; init; }

        /// <summary>Gets the function of the mean cosines, which are over all texts, that a measure follows from; null for other measures.</summary>
        public Func<CosineMeans, double>? OfCosines { get; init; }

        /// <summary>Gets the function of the figures of one layer of one text and those of its embeddings.</summary>
        public required Func<LayerFigures, LayerFigures, double> Value { get; init; }
    }
}
