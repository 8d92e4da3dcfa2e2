using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>Writes a <see cref="CondensationReport"/> for people, in invariant culture.</summary>
internal static class ReportText
{
    private const int BarWidth = 20;

    /// <summary>For the console.</summary>
    public static string ToConsole(CondensationReport report) => string.Join('\n',
    [
        $"Condensation of {OneLine(report.Model)}, measured {Moment(report)}",
        .. Sample(report).SelectMany(ConeText.Lines),
        string.Empty,
        CosineTable(report).ToConsole(),
        .. Trends(report).SelectMany(ConeText.Lines),
        string.Empty,
        SpectrumTitle(report),
        string.Empty,
        SpectrumTable(report).ToConsole(),
        .. report.Cone is { } cone ? ConeText.ToConsole(cone) : [],
    ]);

    /// <summary>For a document.</summary>
    public static string ToMarkdown(CondensationReport report) => string.Join("\n\n",
    [
        $"## Condensation of {TextTable.EscapeMarkdown(report.Model)}",
        $"Measured {Moment(report)}. " + string.Join(' ', Sample(report)),
        CosineTable(report).ToMarkdown() + "\n" + string.Join(' ', Trends(report)),
        SpectrumTitle(report),
        SpectrumTable(report).ToMarkdown(),
        .. report.Cone is { } cone ? ConeText.ToMarkdown(cone) : [],
    ]);

    /// <summary>How the mean cosines were averaged.</summary>
    public static string Convention(CondensationProfile profile) =>
        (profile.Averaging == CosineAveraging.Elementwise ? "matrices " : string.Empty) + CondensationTable.Convention(profile);

    /// <summary>A name without line breaks.</summary>
    public static string OneLine(string name) => string.Concat(name.Select(c => char.IsControl(c) ? ' ' : c));

    /// <summary>The head of a column with a mean cosine under one convention.</summary>
    public static string Head(CosineAveraging averaging) => averaging == CosineAveraging.Elementwise ? "entry by entry" : "pairs pooled";

    private static string Moment(CondensationReport report) => report.Measured.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);

    private static string[] Sample(CondensationReport report)
    {
        CondensationProfile profile = report.Profile;
        string drawn = report.SampleSeed is { } seed ? FormattableString.Invariant($", drawn with seed {seed}") : string.Empty;
        string shorter = profile.ShortTexts == 0 ? string.Empty : FormattableString.Invariant($"; {profile.ShortTexts:N0} more of fewer than {report.MinTokens} tokens left out");
        return
        [
            FormattableString.Invariant($"{Figures.Texts(profile.Texts)}{drawn}, {profile.Tokens:N0} tokens; {report.TruncatedTexts:N0} cut to at most {report.MaxTokens} tokens{shorter}."),
            $"Mean cosine between tokens: {Convention(profile)}.",
            .. report.Caveats,
        ];
    }

    private static TextTable CosineTable(CondensationReport report)
    {
        IReadOnlyList<Interval>? intervals = report.MainIntervals;
        string[] limits = intervals is null ? [] : [report.MainCosine == GeometryMeasure.MeanCosine ? "95 % of the mean" : "95 % off diagonal"];
        var table = new TextTable(["layer", "mean cosine", "off diagonal", .. limits, "last n", Head(CosineAveraging.Elementwise), Head(CosineAveraging.PooledPairs), string.Empty]);
        foreach (LayerReport layer in report.Layers)
        {
            LayerGeometry cosine = layer.Cosine;
            table.Add([
                layer.Name,
                Figures.Fixed(cosine.MeanCosine, 4),
                Figures.Fixed(cosine.MeanCosineOffDiagonal, 4),
                .. intervals is null ? [] : new[] { FormattableString.Invariant($"{intervals[layer.HiddenState].Lower:F3} to {intervals[layer.HiddenState].Upper:F3}") },
                Figures.Fixed(report.Profile.LastLayersMeans[report.Layers.Count - 1 - layer.HiddenState], 4),
                Figures.Fixed(cosine.Elementwise?.Means.Full ?? double.NaN, 4),
                Figures.Fixed(cosine.Pooled.Means.Full, 4),
                new string('#', (int)Math.Round(Math.Max(0, layer.Measures[report.MainCosine]) * BarWidth))]);
        }

        return table;
    }

    private static string[] Trends(CondensationReport report) =>
    [
        report.TrendSentence,
        $"Trend with depth, diagonal in: {Figures.Trend(report.Profile.Trend)}; off the diagonal: {Figures.Trend(report.Profile.OffDiagonalTrend)}.",
        "Last n: mean of the mean cosines of this and all later layers.",
    ];

    private static string SpectrumTitle(CondensationReport report) => report.SpectrumTexts == 0
        ? "Singular values were not taken (SpectrumTexts is 0)."
        : $"Spectrum and norms of the token matrix, mean over {Figures.Texts(report.SpectrumTexts)} (entropy in bits, growth in natural log):";

    private static TextTable SpectrumTable(CondensationReport report)
    {
        IReadOnlyList<GeometryMeasure> measures = SpectrumAccumulator.Measures;
        var table = new TextTable(["layer", .. measures.Select(measure => measure.ShortName())]);
        foreach (LayerReport layer in report.Layers)
        {
            table.Add([layer.Name, .. measures.Select(measure => Figures.Fixed(layer.Measures[measure], measure.Decimals()))]);
        }

        return table;
    }
}

/// <summary>Writes a <see cref="CondensationReport"/> as comma-separated values.</summary>
internal static class ReportCsv
{
    /// <summary>The document.</summary>
    public static string Write(CondensationReport report)
    {
        var csv = new CsvText();
        csv.Add([
            "model", "hiddenState", "layer", "fraction", .. GeometryMeasures.All.Select(measure => measure.MachineName()), "averaging",
            "pooledMeanCosine", "pooledMeanCosineOffDiagonal", "elementwiseMeanCosine", "elementwiseMeanCosineOffDiagonal", "lastLayersMean",
            .. (report.Intervals?.Columns.Keys ?? []).Select(JsonNamingPolicy.CamelCase.ConvertName),
            .. Cone(report).Select(column => column.MachineName)]);
        foreach (LayerReport layer in report.Layers)
        {
            csv.Add(Fields(report, layer));
        }

        return csv.ToString();
    }

    /// <summary>The convention's name in files.</summary>
    public static string Name(CosineAveraging averaging) => averaging == CosineAveraging.Elementwise ? "elementwise" : "pooledPairs";

    private static IEnumerable<string> Fields(CondensationReport report, LayerReport layer)
    {
        CosineMeans pooled = layer.Cosine.Pooled.Means;
        CosineMeans elementwise = layer.Cosine.Elementwise?.Means ?? new CosineMeans { Full = double.NaN, OffDiagonal = double.NaN };
        double lastLayers = report.Profile.LastLayersMeans[report.Layers.Count - 1 - layer.HiddenState];
        return [
            report.Model,
            layer.HiddenState.ToString(CultureInfo.InvariantCulture),
            layer.Name,
            Figures.Exact(layer.Fraction),
            .. GeometryMeasures.All.Select(measure => Figures.Exact(layer.Measures[measure])),
            Name(report.Profile.Averaging),
            .. new[] { pooled.Full, pooled.OffDiagonal, elementwise.Full, elementwise.OffDiagonal, lastLayers }.Select(Figures.Exact),
            .. (report.Intervals?.Columns.Values ?? []).Select(limits => Figures.Exact(limits[layer.HiddenState])),
            .. Cone(report).Select(column => Figures.Exact(column.Figure(report.Cone!.Layers[layer.HiddenState])))];
    }

    private static IReadOnlyList<ConeColumn> Cone(CondensationReport report) => report.Cone is null ? [] : ConeColumns.All;
}
