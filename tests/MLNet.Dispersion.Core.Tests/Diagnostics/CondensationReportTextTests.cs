using System.Globalization;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class CondensationReportTextTests
{
    [Fact]
    public void ToString_AnyCulture_IsThreeTablesOfNoMoreThan120Columns()
    {
        string text = InGerman(() => Reports.EqualLengths().ToString());
        string[] lines = text.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 120, line));
        Assert.Equal(3, lines.Count(line => line.StartsWith("layer ", StringComparison.Ordinal)));
        Assert.Equal(3, lines.Count(line => line.StartsWith("embeddings ", StringComparison.Ordinal)));
        Assert.Matches(@"(?m)^embeddings +-?0\.\d{4} +-?0\.\d{4} +-?0\.\d{4} +-?0\.\d{4} +-?0\.\d{4}", text);
        Assert.All(GeometryMeasures.All.Where(measure => !measure.IsCosine()), measure => Assert.Contains(measure.ShortName(), text, StringComparison.Ordinal));
        Assert.Contains("1 more of fewer than 2 tokens left out", text, StringComparison.Ordinal);
        Assert.Matches(@"Spearman \+1\.00, Kendall tau-b \+1\.00", text);
    }

    [Fact]
    public void ToString_BothConventions_AreNamed()
    {
        Assert.Contains("entry by entry over texts of 5 tokens (published convention)", Reports.EqualLengths().ToString(), StringComparison.Ordinal);
        string ragged = Reports.Ragged().ToString();
        Assert.Contains("token pairs of all texts pooled", ragged, StringComparison.Ordinal);
        Assert.Contains("entry by entry  pairs pooled", ragged, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^3 +0\.\d{4} +0\.\d{4} +0\.\d{4} +- +0\.\d{4}  #", ragged);
    }

    [Fact]
    public void ToString_WithoutSpectra_SaysSoAndShowsNoNaN()
    {
        string text = Reports.Measure(["1 2 3"], new() { SpectrumTexts = 0 }).ToString();
        Assert.Contains("Singular values were not taken", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ToMarkdown_HostileName_IsEscapedAndTablesAreWhole()
    {
        string text = InGerman(() => Reports.Ragged("a|b*c\nd").ToMarkdown());
        Assert.Contains(@"## Condensation of a\|b\*c d", text, StringComparison.Ordinal);
        string[][] tables = [.. text.Split('\n').Where(line => line.StartsWith('|')).GroupBy(line => line.Count(c => c == '|')).Select(group => group.ToArray())];
        Assert.Equal([7, 10, 11], tables.Select(table => table[0].Count(c => c == '|')));
        Assert.All(tables, table => Assert.Equal(2 + 4, table.Length));
        Assert.All(tables, table => Assert.Matches(@"^\| :-- \|( --: \|)+$", table[1]));
    }

    [Fact]
    public void ToCsv_HostileName_ReadsBackExactly()
    {
        CondensationReport report = Reports.Ragged("a, \"b\"\nc");
        string[][] records = ParseCsv(InGerman(report.ToCsv));
        Assert.Equal(1 + report.Layers.Count, records.Length);
        Assert.All(records, record => Assert.Equal(records[0].Length, record.Length));
        foreach (LayerReport layer in report.Layers)
        {
            string Field(string name) => records[1 + layer.HiddenState][Array.IndexOf(records[0], name)];
            Assert.Equal("a, \"b\"\nc", Field("model"));
            Assert.Equal(layer.Name, Field("layer"));
            Assert.All(GeometryMeasures.All, measure => Assert.Equal(layer.Measures[measure], double.Parse(Field(measure.MachineName()), CultureInfo.InvariantCulture)));
            Assert.Equal("pooledPairs", Field("averaging"));
            Assert.Equal(layer.Cosine.Pooled.Means.Full, double.Parse(Field("pooledMeanCosine"), CultureInfo.InvariantCulture));
            Assert.Equal(string.Empty, Field("elementwiseMeanCosine"));
        }

        Assert.EndsWith("\r\n", report.ToCsv(), StringComparison.Ordinal);
        Assert.Contains("elementwise", ParseCsv(Reports.EqualLengths().ToCsv())[1]);
        Assert.DoesNotContain("NaN", Reports.Measure(["1 2 3"], new() { SpectrumTexts = 0 }).ToCsv(), StringComparison.Ordinal);
    }

    private static T InGerman<T>(Func<T> action)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            return action();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    /// <summary>A reader of RFC 4180.</summary>
    internal static string[][] ParseCsv(string text)
    {
        var records = new List<string[]>();
        var fields = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            string field;
            if (text[at] == '"')
            {
                int end = at;
                do
                {
                    end = text.IndexOf('"', end + 1);
                    if (end + 1 < text.Length && text[end + 1] == '"')
                    {
                        end++;
                        continue;
                    }

                    break;
                }
                while (true);
                field = text[(at + 1)..end].Replace("\"\"", "\"", StringComparison.Ordinal);
                at = end + 1;
            }
            else
            {
                int end = text.AsSpan(at).IndexOfAny(',', '\r') + at;
                field = text[at..end];
                at = end;
            }

            fields.Add(field);
            if (text[at] == ',')
            {
                at++;
                continue;
            }

            Assert.Equal("\r\n", text.Substring(at, 2));
            at += 2;
            records.Add([.. fields]);
            fields.Clear();
        }

        return [.. records];
    }
}
