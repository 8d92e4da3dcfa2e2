using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using static MLNet.Dispersion.HtmlText;

namespace MLNet.Dispersion;

/// <summary>Writes the page of an <see cref="HtmlReportContent"/>.</summary>
internal sealed class ReportPage
{
    private readonly HtmlReportContent _content;
    private readonly StringBuilder _page = new();
    private int _pictures;
    private bool _sectionOpen;

    private ReportPage(HtmlReportContent content) => _content = content;

    /// <summary>The page.</summary>
    public static string Write(HtmlReportContent content)
    {
        var page = new ReportPage(content);
        page.WriteHead();
        page.WriteOwnTables();
        if (content.Reports.Count > 0)
        {
            page.WriteModels();
            page.WriteTables();
        }

        page.WriteTrainings();
        page.WriteFoot();
        return page._page.ToString();
    }

    private void WriteHead()
    {
        string style = Style();
        string script = Resources.Text("Html/report.js");
        _page.Append(string.Create(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{Escape(_content.Title)}</title>
            <style>{style}</style>
            <script>{script}</script>
            </head>
            <body>
            <header>
            <h1>{Escape(_content.Title)}</h1>
            <p>{_content.Date.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)}</p>
            </header>
            <main>

            """).ReplaceLineEndings("\n"));
    }

    private void WriteOwnTables()
    {
        for (int i = 0; i < _content.Tables.Count; i++)
        {
            HtmlReportTable table = _content.Tables[i];
            Section(Escape(table.Title));
            _page.Append(table.Note is null ? string.Empty : $"<p>{Escape(table.Note)}</p>\n").Append(HtmlTables.Own(table));
            foreach (CondensationPicture picture in i == 0 ? _content.Pictures : [])
            {
                Picture(picture, Escape(picture.Description));
            }
        }
    }

    private void WriteModels()
    {
        IReadOnlyList<CondensationReport> reports = _content.Reports;
        Section("In short");
        _page.Append(string.Concat(reports.Select(Explanations.InShort)));
        Section("How to read this page");
        _page.Append(Explanations.Reading.ReplaceLineEndings("\n"));
        WriteCones(reports);
        Section("Cosines by depth");
        CondensationReport[] withHistograms = [.. reports.Where(report => report.Profile.Layers.Any(layer => layer.Summary.Histogram is { Total: > 0 }))];
        if (withHistograms.Length > 0)
        {
            Picture(CondensationPlots.HeatMaps(withHistograms), "How the cosines between tokens are distributed in each layer, on one scale of colours.");
        }

        Missing(reports.Except(withHistograms), "heat map", nameof(CondensationReportOptions.Histograms) + " = true");
        Picture(CondensationPlots.Trend(reports, offDiagonal: reports.Any(report => report.MainCosine == GeometryMeasure.MeanCosineOffDiagonal)), "Mean cosine by depth; bands are 95 % intervals over the texts.");
        CondensationReport[] withSpectra = [.. reports.Where(report => report.Layers.Any(layer => layer.Spectrum.Count > 0 && double.IsFinite(layer.Measures[GeometryMeasure.EffectiveRank])))];
        if (withSpectra.Length > 0)
        {
            Section("Directions in use");
            Picture(CondensationPlots.Measure(withSpectra, GeometryMeasure.EffectiveRank), "Effective rank: how many directions the tokens of a text use.");
            foreach (CondensationReport report in withSpectra)
            {
                Picture(CondensationPlots.Spectra(report), "Singular values relative to the largest, one line a layer. The steeper the fall, the fewer directions carry everything.");
            }
        }

        Missing(reports.Except(withSpectra), "picture of singular values", nameof(CondensationReportOptions.SpectrumTexts) + " of at least 1");
    }

    private void WriteCones(IReadOnlyList<CondensationReport> reports)
    {
        if (reports.All(report => report.Cone is null))
        {
            return;
        }

        Section("What carries it");
        foreach (CondensationReport report in reports)
        {
            if (report.Cone is { } cone)
            {
                _page.Append(CultureInfo.InvariantCulture, $"<p><b>{Name(report.Model)}</b>: {Escape(cone.Sentence)}</p>\n");
                Picture(CondensationPlots.Cone(report), "The mean cosine between different tokens, and what is left of it without each thing that may carry it.");
            }
        }

        Missing(reports.Where(report => report.Cone is null), "figures of what carries the cone", nameof(CondensationReportOptions.ConeTexts) + " of at least 1");
    }

    private void WriteTables()
    {
        IReadOnlyList<CondensationReport> reports = _content.Reports;
        if (reports.Count == 2)
        {
            CondensationComparison comparison = reports[0].CompareTo(reports[1]);
            Section("Before and after");
            _page.Append(string.Concat(comparison.Caveats.Select(caveat => $"<p class=\"note\">{Escape(caveat)}</p>\n"))).Append(CultureInfo.InvariantCulture, $"<p>{Escape(comparison.LastLayerSentence)}</p>\n").Append(HtmlTables.Comparison(comparison));
        }

        Section("All figures");
        _page.Append("<p>Click a column’s head to sort by it, again to turn the order round.</p>\n").Append(string.Concat(reports.Select(HtmlTables.Measures)));
        _page.Append("<details>\n<summary>What each measure is</summary>\n").Append(Explanations.Measures()).Append("</details>\n");
    }

    private void WriteTrainings()
    {
        if (_content.Trainings.Count > 0)
        {
            Section("During training");
        }

        if (_content.Trainings.Count > 1)
        {
            Picture(CondensationPlots.Dynamics(_content.Trainings), "The last layer’s mean cosine over the steps of each training.");
        }

        foreach ((string name, IReadOnlyList<GeometrySnapshot> history) in _content.Trainings)
        {
            Picture(CondensationPlots.Dynamics(history), $"Every layer’s mean cosine over the steps of {Name(name)}.");
        }
    }

    private void WriteFoot()
    {
        if (_content.Reports.Count > 0)
        {
            Section("What was measured");
            _page.Append(HtmlTables.Facts(_content.Reports));
        }

        _page.Append("</section>\n</main>\n<footer><p>Made by MLNet.Dispersion ")
            .Append(Escape(typeof(ReportPage).Assembly.GetName().Version?.ToString(3) ?? string.Empty))
            .Append(". This file is complete in itself and loads nothing from a network.</p></footer>\n</body>\n</html>\n");
    }

    private void Section(string heading)
    {
        _page.Append(_sectionOpen ? "</section>\n" : string.Empty).Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{heading}</h2>\n");
        _sectionOpen = true;
    }

    private void Picture(CondensationPicture picture, string caption)
    {
        _pictures++;
        _page.Append(CultureInfo.InvariantCulture, $"<figure>\n{picture.ToInlineSvg($"p{_pictures}")}\n<figcaption>{caption}</figcaption>\n</figure>\n");
    }

    private void Missing(IEnumerable<CondensationReport> reports, string what, string option)
    {
        foreach (CondensationReport report in reports)
        {
            _page.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">No {what} of {Name(report.Model)}: measure with <code>{nameof(CondensationReportOptions)}.{option}</code>.</p>\n");
        }
    }

    private static string Style() => Resources.Text("Html/report.css")
        .Replace("{{family}}", PictureFonts.Family, StringComparison.Ordinal)
        .Replace("{{regular}}", Convert.ToBase64String(Resources.Bytes("Fonts/DispersionSans.ttf")), StringComparison.Ordinal)
        .Replace("{{bold}}", Convert.ToBase64String(Resources.Bytes("Fonts/DispersionSans-Bold.ttf")), StringComparison.Ordinal);

    private static string Hash(string inline) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(inline)));
}
