namespace MLNet.Dispersion;

/// <summary>The JSON form of a <see cref="CondensationReport"/>, field by field; what can be derived is written for other readers and not read back.</summary>
internal sealed record ReportDocument(
    string Model,
    DateTimeOffset Measured,
    int MaxTokens,
    int MinTokens,
    int? SampleSeed,
    int TruncatedTexts,
    int SpectrumTexts,
    int Texts,
    int ShortTexts,
    long Tokens,
    int? TokensPerText,
    IReadOnlyList<LayerDocument> Layers)
{
    public string? Averaging { get; init; }

    public TrendDocument? Trend { get; init; }

    public TrendDocument? OffDiagonalTrend { get; init; }

    public IReadOnlyList<double>? LastLayersMeans { get; init; }

    public ConeDocument? Cone { get; init; }

    public IntervalsDocument? Intervals { get; init; }

    public long? Parameters { get; init; }

    public string? TextsFingerprint { get; init; }

    public int? ShortestText { get; init; }

    public int? LongestText { get; init; }
}

/// <summary>Intervals over the texts, all of one level.</summary>
internal sealed record IntervalsDocument(double Level, IReadOnlyList<BoundsDocument> MeanCosine, IReadOnlyList<BoundsDocument> MeanCosineOffDiagonal, BoundsDocument? Spearman, BoundsDocument? SpearmanOffDiagonal);

/// <summary>A figure with its limits.</summary>
internal sealed record BoundsDocument(double Estimate, double Lower, double Upper)
{
    public static BoundsDocument Of(Interval interval) => new(interval.Estimate, interval.Lower, interval.Upper);
}

/// <summary>What carries the cone.</summary>
internal sealed record ConeDocument(IReadOnlyList<ConeFigures> Layers, IReadOnlyList<LengthDocument> Lengths)
{
    public string? Kind { get; init; }

    public string? Sentence { get; init; }
}

/// <summary>Mean cosines of one text length.</summary>
internal sealed record LengthDocument(int Tokens, int Texts, IReadOnlyList<double> MeanCosines);

/// <summary>One layer.</summary>
internal sealed record LayerDocument(
    int HiddenState,
    string Name,
    double Fraction,
    IReadOnlyDictionary<string, double> Measures,
    CosineDocument Pooled,
    CosineDocument? Elementwise,
    IReadOnlyList<double> Spectrum);

/// <summary>Cosines under one convention.</summary>
internal sealed record CosineDocument(double MeanCosine, double MeanCosineOffDiagonal, IReadOnlyList<long>? HistogramCounts);

/// <summary>A trend.</summary>
internal sealed record TrendDocument(double Spearman, double KendallTauB)
{
    public double? PValue { get; init; }
}
