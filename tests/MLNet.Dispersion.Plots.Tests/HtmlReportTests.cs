using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Plots.Tests;

public sealed partial class HtmlReportTests
{
    private const string Hostile = "</title><script>alert(1)</script>\u0000\"'&<img src=x onerror=alert(2)>";

    [Fact]
    public void ToHtml_HostileNames_AreText()
    {
        string html = HtmlReport.ToHtml(new HtmlReportContent([SyntheticReports.Condensing(3, Hostile), SyntheticReports.Dispersed(3, Hostile)])
        {
            Title = Hostile,
            Trainings = [(Hostile, SyntheticReports.History(true))],
            Tables = [new HtmlReportTable(Hostile, [Hostile, Hostile], [[Hostile, Hostile]]) { Note = Hostile }],
        });

        Assert.Single(Tag("script").Matches(html));
        Assert.Empty(Tag("img").Matches(html));
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0000', html);
        Assert.DoesNotContain('\r', html);
    }

    [Fact]
    public void ToHtml_ContentSecurityPolicy_ForbidsTheNetworkAndAllowsItsOwnStyleAndScript()
    {
        string html = Html();
        string policy = Policy().Match(html).Groups[1].Value;

        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{Hash(html, "style")}'", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src '{Hash(html, "script")}'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_References_StayInTheFile()
    {
        string html = Html();

        Assert.All(Reference().Matches(html), match => Assert.Matches("^(#|data:)", match.Groups[1].Value));
        Assert.All(Url().Matches(html), match => Assert.Contains(match.Value, new[] { "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink" }));
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_Ids_AreUnique()
    {
        string[] ids = [.. Id().Matches(Html()).Select(match => match.Groups[1].Value)];

        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.True(ids.Length > 20);
    }

    [Fact]
    public void ToHtml_TwoReports_HasTheFiguresAndTheirComparison()
    {
        CondensationReport before = SyntheticReports.Condensing(6);
        CondensationReport after = SyntheticReports.Dispersed(6);
        string html = HtmlReport.ToHtml(new HtmlReportContent([before, after]) { Date = new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero) });

        Assert.Contains("<p>23 November 2026</p>", html, StringComparison.Ordinal);
        Assert.Contains("Before and after", html, StringComparison.Ordinal);
        Assert.Equal(3, Tag("table class=\"sortable\"").Count(html));
        Assert.All(before.Layers, layer => Assert.Contains(FormattableString.Invariant($"data-value=\"{layer.Measures[GeometryMeasure.EffectiveRank]:R}\""), html, StringComparison.Ordinal));
        Assert.Contains("condenses with depth", html, StringComparison.Ordinal);
        Assert.Contains("Whether there is a trend with depth cannot be told", html, StringComparison.Ordinal);
        Assert.Contains("(less counts as better): cannot be told without an interval", html, StringComparison.Ordinal);
        Assert.Contains("opens with depth", HtmlReport.ToHtml(new HtmlReportContent([SyntheticReports.Bins([120, 110, 100, 90, 80])])), StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_DifferentDepths_SaysWhatLimitsTheComparison()
    {
        CondensationReport before = SyntheticReports.Condensing(6);
        CondensationReport after = SyntheticReports.Dispersed(12);
        string html = HtmlReport.ToHtml(new HtmlReportContent([before, after]));

        Assert.NotEmpty(before.CompareTo(after).Caveats);
        Assert.Equal(before.CompareTo(after).Caveats.Count, Regex.Count(html, "class=\"note\""));
    }

    [Fact]
    public void ToHtml_WithoutHistogramsAndSpectra_SaysWhatToSet()
    {
        string html = HtmlReport.ToHtml(new HtmlReportContent([SyntheticReports.Condensing(3, histograms: false, spectra: false)]));

        Assert.Contains("CondensationReportOptions.Histograms = true", html, StringComparison.Ordinal);
        Assert.Contains("CondensationReportOptions.SpectrumTexts of at least 1", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Before and after", html, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", html.Replace("Number.isNaN", string.Empty, StringComparison.Ordinal).Replace(": NaN;", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_OwnTables_ComeFirstWithAllTheirCells()
    {
        string html = HtmlReport.ToHtml(new HtmlReportContent([SyntheticReports.Condensing(3)])
        {
            Tables = [new HtmlReportTable("Outcome", ["arm", "cosine"], [["plain", "0.95"], ["dispersion", "0.61"]]) { Note = "Over 3 seeds." }],
        });

        int outcome = html.IndexOf("<h2>Outcome</h2>", StringComparison.Ordinal);
        Assert.InRange(outcome, 0, html.IndexOf("<h2>In short</h2>", StringComparison.Ordinal));
        Assert.Contains("<p>Over 3 seeds.</p>", html, StringComparison.Ordinal);
        Assert.Contains("<tr><th scope=\"row\">dispersion</th><td>0.61</td></tr>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_Impossible_SaysWhy()
    {
        Assert.Throws<ArgumentException>(() => new HtmlReportTable(" ", ["a"], []));
        Assert.Contains("head", Assert.Throws<ArgumentException>(() => new HtmlReportTable("t", [], [])).Message, StringComparison.Ordinal);
        Assert.Contains("must have 2 cells", Assert.Throws<ArgumentException>(() => new HtmlReportTable("t", ["a", "b"], [["1", "2"], ["1"]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_Impossible_SaysWhy()
    {
        CondensationReport report = SyntheticReports.Condensing(2);

        Assert.Contains("1..12", Assert.Throws<ArgumentException>(() => new HtmlReportContent([])).Message, StringComparison.Ordinal);
        Assert.Contains("1..12", Assert.Throws<ArgumentException>(() => new HtmlReportContent([.. Enumerable.Repeat(report, 13)])).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => new HtmlReportContent([report]) { Title = " " }).Message, StringComparison.Ordinal);
        Assert.Contains("snapshot", Assert.Throws<ArgumentException>(() => new HtmlReportContent([report]) { Trainings = [("x", [])] }).Message, StringComparison.Ordinal);
    }

    private static string Html() => HtmlReport.ToHtml(new HtmlReportContent([SyntheticReports.Condensing(), SyntheticReports.Dispersed()])
    {
        Trainings = [("plain", SyntheticReports.History(false)), ("with dispersion", SyntheticReports.History(true))],
    });

    private static string Hash(string html, string element)
    {
        string inline = Regex.Match(html, $"<{element}>(.*?)</{element}>", RegexOptions.Singleline).Groups[1].Value;
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(inline)));
    }

    private static Regex Tag(string start) => new("<" + start + "[ >]", RegexOptions.IgnoreCase);

    [GeneratedRegex("Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex Policy();

    [GeneratedRegex("(?:(?:href|src)=\"|url\\()([^\")]*)")]
    private static partial Regex Reference();

    [GeneratedRegex("https?://[^\"'\\s<)]*")]
    private static partial Regex Url();

    [GeneratedRegex(" id=\"([^\"]*)\"")]
    private static partial Regex Id();
}
