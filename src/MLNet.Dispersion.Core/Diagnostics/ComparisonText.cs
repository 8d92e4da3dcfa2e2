namespace MLNet.Dispersion;

/// <summary>Writes a <see cref="CondensationComparison"/>, in invariant culture.</summary>
internal static class ComparisonText
{
    private const string ChangesTitle = "Change of spectrum and norms, after minus before:";

    /// <summary>For the console.</summary>
    public static string ToConsole(CondensationComparison comparison) => string.Join('\n',
    [
        $"Condensation before ({ReportText.OneLine(comparison.Before.Model)}) and after ({ReportText.OneLine(comparison.After.Model)})",
        Averaging(comparison),
        .. comparison.Caveats,
        string.Empty,
        CosineTable(comparison).ToConsole(),
        .. Summary(comparison),
        string.Empty,
        ChangesTitle,
        string.Empty,
        ChangeTable(comparison).ToConsole(),
    ]);

    /// <summary>For a document.</summary>
    public static string ToMarkdown(CondensationComparison comparison) => string.Join("\n\n",
    [
        $"## Condensation before ({TextTable.EscapeMarkdown(comparison.Before.Model)}) and after ({TextTable.EscapeMarkdown(comparison.After.Model)})",
        Averaging(comparison),
        .. comparison.Caveats,
        CosineTable(comparison).ToMarkdown() + "\n" + string.Join("\n\n", Summary(comparison)),
        ChangesTitle,
        ChangeTable(comparison).ToMarkdown(),
    ]);

    /// <summary>Comma-separated values.</summary>
    public static string ToCsv(CondensationComparison comparison)
    {
        var csv = new CsvText();
        csv.Add(["before", "after", "layer", "fraction", "sameDepth", "averagingBefore", "averagingAfter",
            .. GeometryMeasures.All.SelectMany(measure => new[] { "Before", "After", "Change" }.Select(end => measure.MachineName() + end))]);
        foreach (LayerComparison layer in comparison.Layers)
        {
            csv.Add([comparison.Before.Model, comparison.After.Model, layer.Name, Figures.Exact(layer.Fraction), comparison.SameDepth ? "true" : "false",
                ReportCsv.Name(comparison.Before.Profile.Averaging), ReportCsv.Name(comparison.After.Profile.Averaging),
                .. GeometryMeasures.All.SelectMany(measure => new[] { layer.Before[measure], layer.After[measure], layer.Change(measure) }.Select(Figures.Exact))]);
        }

        return csv.ToString();
    }

    private static string Averaging(CondensationComparison comparison)
    {
        CosineAveraging before = comparison.Before.Profile.Averaging, after = comparison.After.Profile.Averaging;
        string how = before == after ? ReportText.Head(before) : $"{ReportText.Head(before)} before, {ReportText.Head(after)} after";
        return $"Mean cosine between tokens, averaging: {how} (for texts of equal length, entry by entry and pairs pooled give the same mean).";
    }

    private static TextTable CosineTable(CondensationComparison comparison)
    {
        var table = new TextTable("layer", "mean cosine before", "after", "change", "off diagonal before", "after", "change");
        foreach (LayerComparison layer in comparison.Layers)
        {
            table.Add([layer.Name, .. Cells(layer, GeometryMeasure.MeanCosine), .. Cells(layer, GeometryMeasure.MeanCosineOffDiagonal)]);
        }

        return table;
    }

    private static IEnumerable<string> Cells(LayerComparison layer, GeometryMeasure measure) =>
        [Figures.Fixed(layer.Before[measure], 4), Figures.Fixed(layer.After[measure], 4), Figures.Signed(layer.Change(measure), 4)];

    private static string[] Summary(CondensationComparison comparison) =>
    [
        $"Trend with depth before: {Figures.Trend(comparison.Before.Profile.Trend)}; after: {Figures.Trend(comparison.After.Profile.Trend)}{TrendChange(comparison)}.",
        $"Last layer: {Figures.Fixed(comparison.LastLayer.Before[GeometryMeasure.MeanCosine], 4)} before, {Figures.Fixed(comparison.LastLayer.After[GeometryMeasure.MeanCosine], 4)} after ({Figures.Signed(comparison.LastLayer.Change(GeometryMeasure.MeanCosine), 4)}).",
    ];

    private static string TrendChange(CondensationComparison comparison) => double.IsNaN(comparison.SpearmanChange)
        ? string.Empty
        : $" (change {Figures.Signed(comparison.SpearmanChange, 2)} and {Figures.Signed(comparison.KendallTauBChange, 2)})";

    private static TextTable ChangeTable(CondensationComparison comparison)
    {
        IReadOnlyList<GeometryMeasure> measures = SpectrumAccumulator.Measures;
        var table = new TextTable(["layer", .. measures.Select(measure => measure.ShortName())]);
        foreach (LayerComparison layer in comparison.Layers)
        {
            table.Add([layer.Name, .. measures.Select(measure => Figures.Signed(layer.Change(measure), measure.Decimals()))]);
        }

        return table;
    }
}
