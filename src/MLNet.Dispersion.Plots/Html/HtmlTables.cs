using System.Globalization;
using System.Text;
using static MLNet.Dispersion.HtmlText;

namespace MLNet.Dispersion;

/// <summary>The tables of the page.</summary>
internal static class HtmlTables
{
    /// <summary>Every measure of every layer.</summary>
    public static string Measures(CondensationReport report)
    {
        GeometryMeasure[] measures = [.. GeometryMeasures.All.Where(measure => report.Layers.Any(layer => double.IsFinite(Value(layer.Measures, measure))))];
        var table = new StringBuilder();
        Open(table, $"All measures of {Name(report.Model)}, one line a layer", ["layer", "depth", .. measures.Select(Head), .. report.MainIntervals is null ? [] : new[] { "95 % from", "to" }.Select(end => $"{Head(report.MainCosine)}<br><small>{end}</small>")]);
        foreach (LayerReport layer in report.Layers)
        {
            Row(table, layer.Name, layer.HiddenState, [(layer.Fraction, Figure(layer.Fraction, 2)), .. measures.Select(measure => Shown(layer.Measures, measure)), .. Bounds(report, layer)]);
        }

        return Close(table);
    }

    /// <summary>Two models layer by layer.</summary>
    public static string Comparison(CondensationComparison comparison)
    {
        GeometryMeasure[] measures = [.. GeometryMeasures.All.Where(measure => measure.IsHeadline() && comparison.Layers.Any(layer => double.IsFinite(layer.Change(measure))))];
        var table = new StringBuilder();
        Open(
            table,
            $"Before: {Name(comparison.Before.Model)}. After: {Name(comparison.After.Model)}",
            ["layer", .. measures.SelectMany(measure => new[] { "before", "after", "change" }.Select(moment => $"{Head(measure)}<br><small>{moment}</small>"))]);
        for (int i = 0; i < comparison.Layers.Count; i++)
        {
            LayerComparison layer = comparison.Layers[i];
            Row(table, layer.Name, i, [.. measures.SelectMany(measure => new[]
            {
                Shown(layer.Before, measure), Shown(layer.After, measure), (layer.Change(measure), Change(layer.Change(measure), measure.Decimals())),
            })]);
        }

        return Close(table);
    }

    /// <summary>What was measured and how, one column a model.</summary>
    public static string Facts(IReadOnlyList<CondensationReport> reports)
    {
        (string Fact, Func<CondensationReport, string> Value)[] facts =
        [
            ("layers", report => Count(report.Layers.Count - 1) + " and the embeddings"),
            ("mean cosine, embeddings", report => Figure(report.Profile.Layers[0].MeanCosine, 4)),
            ("mean cosine, last layer", report => Figure(report.Profile.Layers[^1].MeanCosine, 4)),
            ("trend with depth", report => Escape(Wording.Trend(report.Profile.Trend))),
            ("trend, different tokens only", report => Escape(Wording.Trend(report.Profile.OffDiagonalTrend))),
            ("texts", report => Count(report.Profile.Texts)),
            ("texts too short and left out", report => Count(report.Profile.ShortTexts)),
            ("tokens", report => Count(report.Profile.Tokens)),
            ("texts cut to", report => $"{Count(report.MaxTokens)} tokens ({Count(report.TruncatedTexts)} were longer)"),
            ("texts with spectra", report => Count(report.SpectrumTexts)),
            ("averaging", report => Escape(Wording.Averaging(report.Profile))),
            ("measured", report => report.Measured.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)),
        ];
        var table = new StringBuilder("<div class=\"scroll\" role=\"region\" aria-label=\"What was measured\" tabindex=\"0\">\n<table class=\"facts\">\n<thead><tr><td></td>");
        table.AppendJoin(string.Empty, reports.Select(report => $"<th scope=\"col\">{Name(report.Model)}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach ((string fact, Func<CondensationReport, string> value) in facts)
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{fact}</th>");
            table.AppendJoin(string.Empty, reports.Select(report => $"<td>{value(report)}</td>")).Append("</tr>\n");
        }

        return Close(table);
    }

    /// <summary>A caller's own table.</summary>
    public static string Own(HtmlReportTable own)
    {
        var table = new StringBuilder($"<div class=\"scroll\" role=\"region\" aria-label=\"{Escape(own.Title)}\" tabindex=\"0\">\n<table class=\"facts\">\n<thead><tr>");
        table.AppendJoin(string.Empty, own.Heads.Select(head => $"<th scope=\"col\">{Escape(head)}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> row in own.Rows)
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(row[0])}</th>");
            table.AppendJoin(string.Empty, row.Skip(1).Select(cell => $"<td>{Escape(cell)}</td>")).Append("</tr>\n");
        }

        return Close(table);
    }

    private static IEnumerable<(double Value, string Shown)> Bounds(CondensationReport report, LayerReport layer) => report.MainIntervals is { } intervals
        ? new[] { intervals[layer.HiddenState].Lower, intervals[layer.HiddenState].Upper }.Select(limit => (limit, Figure(limit, 4)))
        : [];

    private static string Head(GeometryMeasure measure) => $"<abbr title=\"{Escape(measure.DisplayName())}\">{Escape(measure.ShortName())}</abbr>";

    private static double Value(IReadOnlyDictionary<GeometryMeasure, double> measures, GeometryMeasure measure) =>
        measures.TryGetValue(measure, out double value) ? value : double.NaN;

    private static (double Value, string Shown) Shown(IReadOnlyDictionary<GeometryMeasure, double> measures, GeometryMeasure measure) =>
        (Value(measures, measure), Figure(Value(measures, measure), measure.Decimals()));

    private static void Open(StringBuilder table, string caption, IEnumerable<string> heads) => table
        .Append("<div class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\">\n<table class=\"sortable\">\n<caption>").Append(caption).Append("</caption>\n<thead><tr>")
        .AppendJoin(string.Empty, heads.Select(head => $"<th scope=\"col\">{head}</th>")).Append("</tr></thead>\n<tbody>\n");

    private static void Row(StringBuilder table, string name, int index, IEnumerable<(double Value, string Shown)> cells) => table
        .Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\" data-value=\"{index}\">{Escape(name)}</th>")
        .AppendJoin(string.Empty, cells.Select(cell => Cell(cell.Value, cell.Shown))).Append("</tr>\n");

    private static string Close(StringBuilder table) => table.Append("</tbody>\n</table>\n</div>\n").ToString();
}
