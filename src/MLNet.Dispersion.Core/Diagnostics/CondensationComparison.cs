using System.Collections.ObjectModel;

namespace MLNet.Dispersion;

/// <summary>Holds two reports side by side, layer by layer. Immutable and thread-safe.</summary>
/// <remarks>
/// When the models have different numbers of layers, the later report is read at the depths (layer fractions) of the earlier one's layers, linearly
/// between its two nearest layers; <see cref="SameDepth"/> is false then and every table says so. Whatever makes the reports less comparable is
/// listed in <see cref="Caveats"/>, not refused.
/// </remarks>
public sealed class CondensationComparison
{
    internal CondensationComparison(CondensationReport before, CondensationReport after)
    {
        Before = before;
        After = after;
        SameDepth = before.Layers.Count == after.Layers.Count;
        Layers = Array.AsReadOnly(before.Layers.Select(layer => new LayerComparison { Name = layer.Name, Fraction = layer.Fraction, Before = layer.Measures, After = MeasuresAt(after, layer) }).ToArray());
        Caveats = Array.AsReadOnly(ListCaveats(before, after).ToArray());
        LastLayerVerdict = Decrease(before, after, MainCosine == GeometryMeasure.MeanCosineOffDiagonal) is { } interval ? Verdict.Of(interval, LeastEffect.Cosine) : null;
    }

    /// <summary>Gets the earlier report.</summary>
    public CondensationReport Before { get; }

    /// <summary>Gets the later report.</summary>
    public CondensationReport After { get; }

    /// <summary>Gets whether both models have as many layers, so that layer is compared with layer and nothing is interpolated.</summary>
    public bool SameDepth { get; }

    /// <summary>Gets one entry for each layer of <see cref="Before"/>.</summary>
    public IReadOnlyList<LayerComparison> Layers { get; }

    /// <summary>Gets the last layers of both: what training with dispersion changes most.</summary>
    public LayerComparison LastLayer => Layers[^1];

    /// <summary>Gets the change of Spearman's rho between mean cosine (diagonal in) and depth; below 0 the later model condenses less with depth. NaN where either has none.</summary>
    public double SpearmanChange => After.Profile.Trend.Spearman - Before.Profile.Trend.Spearman;

    /// <summary>Gets the change of Kendall's tau-b between mean cosine (diagonal in) and depth; NaN where either has none.</summary>
    public double KendallTauBChange => After.Profile.Trend.KendallTauB - Before.Profile.Trend.KendallTauB;

    /// <summary>Gets the mean cosine that sentences speak of: off the diagonal where either report's texts are short (<see cref="CondensationReport.MainCosine"/>).</summary>
    public GeometryMeasure MainCosine => Before.MainCosine == GeometryMeasure.MeanCosine ? After.MainCosine : Before.MainCosine;

    /// <summary>
    /// Gets what can be said of the last layer's <see cref="MainCosine"/>, in one of the four words: less condensed counts as better, the least effect is <see cref="LeastEffect.Cosine"/>, and the 95 % interval is a
    /// bootstrap over the texts, so it speaks of these two models on other texts of the kind, not of other trainings. Null where there is no such interval: of other texts, of fewer than
    /// <see cref="CondensationIntervals.FewestTexts"/>, and of reports that were read from files.
    /// </summary>
    public Verdict? LastLayerVerdict { get; }

    /// <summary>Gets <see cref="LastLayerVerdict"/> with the figures, in one sentence, in invariant culture.</summary>
    public string LastLayerSentence =>
        $"Condensation of the last layer, after beside before (less counts as better): {LastLayerVerdict?.ToString("0.0000") ?? "cannot be told without an interval, for which both are to be measured here, on the same ten texts or more"}.";

    /// <summary>Gets whole sentences on what makes the reports less comparable: other depths, other samples or lengths of texts, other texts. Empty when nothing does.</summary>
    public IReadOnlyList<string> Caveats { get; }

    /// <summary>Writes two tables for the console, one line a layer, in invariant culture: cosines before, after and their change; the changes of the other measures.</summary>
    public override string ToString() => ComparisonText.ToConsole(this);

    /// <summary>Writes two tables in GitHub's Markdown: cosines before, after and their change; the changes of the other measures.</summary>
    public string ToMarkdown() => ComparisonText.ToMarkdown(this);

    /// <summary>
    /// Writes comma-separated values (RFC 4180, invariant culture, full precision), one line a layer: before, after, layer, fraction, sameDepth,
    /// averagingBefore and averagingAfter, then for each measure its machine name followed by Before, After and Change. A missing figure is an empty field.
    /// </summary>
    public string ToCsv() => ComparisonText.ToCsv(this);

    private static Interval? Decrease(CondensationReport before, CondensationReport after, bool offDiagonal) =>
        before is { OfTexts: { } first, TextsFingerprint: { } texts } && after is { OfTexts: { } second } && after.TextsFingerprint == texts
            ? TextCosines.Decrease(first, before.Layers.Count - 1, second, after.Layers.Count - 1, offDiagonal)
            : null;

    private static bool LengthsDiffer(CondensationReport before, CondensationReport after) =>
        before is { ShortestText: not null } && after is { ShortestText: not null }
        && (before.ShortestText, before.LongestText) != (after.ShortestText, after.LongestText);

    private static IReadOnlyDictionary<GeometryMeasure, double> MeasuresAt(CondensationReport report, LayerReport place)
    {
        // A fraction times the number of layers may miss a whole number by a rounding error.
        double position = place.Fraction * (report.Layers.Count - 1);
        if (Math.Abs(position - Math.Round(position)) < 1e-9)
        {
            return report.Layers[(int)Math.Round(position)].Measures;
        }

        int below = (int)Math.Floor(position);
        double weight = position - below;
        return new ReadOnlyDictionary<GeometryMeasure, double>(GeometryMeasures.All.ToDictionary(
            measure => measure,
            measure => ((1 - weight) * report.Layers[below].Measures[measure]) + (weight * report.Layers[below + 1].Measures[measure])));
    }

    private static IEnumerable<string> ListCaveats(CondensationReport before, CondensationReport after)
    {
        if (before.Layers.Count != after.Layers.Count)
        {
            yield return FormattableString.Invariant($"The models have {before.Layers.Count - 1} and {after.Layers.Count - 1} blocks: figures after are read at the same depth, between the nearest layers.");
        }

        if ((before.Profile.Texts, before.Profile.Tokens, before.MaxTokens, before.MinTokens, before.SampleSeed) != (after.Profile.Texts, after.Profile.Tokens, after.MaxTokens, after.MinTokens, after.SampleSeed))
        {
            yield return FormattableString.Invariant($"The samples differ: {Figures.Texts(before.Profile.Texts)} of {before.Profile.Tokens:N0} tokens before, {after.Profile.Texts:N0} of {after.Profile.Tokens:N0} after. Measure both on the same texts with the same options.");
        }
        else if (before.TextsFingerprint is { } first && after.TextsFingerprint is { } second && first != second)
        {
            yield return "The texts are not the same, so part of the difference is theirs. Measure both on the same texts.";
        }

        if (LengthsDiffer(before, after))
        {
            yield return FormattableString.Invariant($"The texts have {before.ShortestText} to {before.LongestText} tokens before and {after.ShortestText} to {after.LongestText} after: mean cosines depend on length. Cut both to one length, with MinTokens = MaxTokens.");
        }

        if (before.SpectrumTexts != after.SpectrumTexts)
        {
            yield return FormattableString.Invariant($"Singular values are means over {Figures.Texts(before.SpectrumTexts)} before and {after.SpectrumTexts:N0} after.");
        }
    }
}

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
        $"Trend with depth before: {Trend(comparison.Before)}; after: {Trend(comparison.After)}.",
        $"Last layer: {Figures.Fixed(comparison.LastLayer.Before[comparison.MainCosine], 4)} before, {Figures.Fixed(comparison.LastLayer.After[comparison.MainCosine], 4)} after ({Figures.Signed(comparison.LastLayer.Change(comparison.MainCosine), 4)}).",
        comparison.LastLayerSentence,
    ];

    private static string Trend(CondensationReport report) => Figures.Trend(report.Profile.Trend) + (report.HasTrend ? string.Empty : " (not significant)");

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
