namespace MLNet.Dispersion;

/// <summary>Writes and reads a <see cref="CondensationReport"/> as JSON.</summary>
internal static class ReportJson
{
    /// <summary>The kind of document; its version is raised when a reader of the former one would go wrong.</summary>
    internal static readonly VersionedJson<ReportDocument> Format =
        new("condensation report", "mlnet-dispersion/condensation-report", 1, "Write it again with CondensationReport.ToJson or Save.");

    /// <summary>The document.</summary>
    public static string Write(CondensationReport report) => Format.Write(ToDocument(report));

    /// <summary>The document in a file.</summary>
    public static void Save(CondensationReport report, string path) => Format.Save(ToDocument(report), path);

    /// <summary>The report of a document.</summary>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version.</exception>
    public static CondensationReport Read(string json) => ReportJsonReader.ToReport(Format.Read(json));

    private static ReportDocument ToDocument(CondensationReport report)
    {
        CondensationProfile profile = report.Profile;
        return new ReportDocument(
            report.Model, report.Measured, report.MaxTokens, report.MinTokens, report.SampleSeed, report.TruncatedTexts, report.SpectrumTexts,
            profile.Texts, profile.ShortTexts, profile.Tokens, profile.TokensPerText, [.. report.Layers.Select(ToDocument)])
        {
            Averaging = ReportCsv.Name(profile.Averaging),
            Trend = ToDocument(profile.Trend),
            OffDiagonalTrend = ToDocument(profile.OffDiagonalTrend),
            LastLayersMeans = profile.LastLayersMeans,
            Cone = report.Cone is { } cone ? ToDocument(cone) : null,
            Intervals = report.Intervals is { } intervals ? ToDocument(intervals) : null,
            Parameters = report.Parameters,
            TextsFingerprint = report.TextsFingerprint,
            ShortestText = report.ShortestText,
            LongestText = report.LongestText,
        };
    }

    private static ConeDocument ToDocument(ConeReport cone) =>
        new(cone.Layers, [.. cone.Lengths.Select(length => new LengthDocument(length.Tokens, length.Texts, length.MeanCosines))]) { Kind = $"{cone.Kind}", Sentence = cone.Sentence };

    private static IntervalsDocument ToDocument(CondensationIntervals intervals) => new(
        intervals.MeanCosine[0].Level,
        [.. intervals.MeanCosine.Select(BoundsDocument.Of)],
        [.. intervals.MeanCosineOffDiagonal.Select(BoundsDocument.Of)],
        intervals.Spearman is { } rho ? BoundsDocument.Of(rho) : null,
        intervals.SpearmanOffDiagonal is { } off ? BoundsDocument.Of(off) : null);

    private static TrendDocument ToDocument(CondensationTrend trend) => new(trend.Spearman, trend.KendallTauB) { PValue = trend.PValue };

    private static LayerDocument ToDocument(LayerReport layer) => new(
        layer.HiddenState,
        layer.Name,
        layer.Fraction,
        layer.Measures.ToDictionary(pair => pair.Key.MachineName(), pair => pair.Value),
        ToDocument(layer.Cosine.Pooled),
        layer.Cosine.Elementwise is { } elementwise ? ToDocument(elementwise) : null,
        layer.Spectrum);

    /// <summary>Means and counts as they are written.</summary>
    internal static CosineDocument ToDocument(CosineSummary summary) => new(summary.Means.Full, summary.Means.OffDiagonal, summary.Histogram?.Counts);
}
