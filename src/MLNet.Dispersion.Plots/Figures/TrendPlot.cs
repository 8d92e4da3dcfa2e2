using System.Globalization;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion;

/// <summary>Makes pictures of a measure by depth, one line a model.</summary>
internal static class TrendPlot
{
    /// <summary>The most lines in one picture.</summary>
    public const int MostLines = 12;

    /// <summary>The measure over the layer fractions, one line a model.</summary>
    public static LineFigure Of(IReadOnlyList<CondensationReport> reports, GeometryMeasure measure)
    {
        CheckCount(reports.Count, nameof(reports), "reports");
        LineSeries[] lines = [.. reports.Select(report => Line(report.Model, report, measure))];
        string[] otherTexts = measure.IsCosine() && reports.Select(report => report.TextsFingerprint).OfType<string>().Distinct().Count() > 1 ? ["The models were not measured on the same texts."] : [];
        return Figure($"{Capital(measure.DisplayName())} by depth", lines, measure, [.. Notes(reports, lines, measure), .. otherTexts]);
    }

    /// <summary>The mean cosine of one model over the layer fractions, one line a kind of texts.</summary>
    public static LineFigure OfSources(IReadOnlyList<(string Name, CondensationReport Report)> sources, bool offDiagonal)
    {
        CheckCount(sources.Count, nameof(sources), "text sources");
        CondensationReport[] reports = [.. sources.Select(source => source.Report)];
        if (reports.Select(report => report.Model).Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            throw new ArgumentException("The reports are of several models: make a picture of each, or compare models with CondensationPlots.Trend.", nameof(sources));
        }

        GeometryMeasure measure = offDiagonal ? GeometryMeasure.MeanCosineOffDiagonal : GeometryMeasure.MeanCosine;
        LineSeries[] lines = [.. sources.Select(source => Line(source.Name, source.Report, measure))];
        return Figure($"{SafeText.Name(reports[0].Model)}: {measure.DisplayName()} by depth and kind of text", lines, measure, [.. Notes(reports, lines, measure)]);
    }

    /// <summary>Refuses none and too many.</summary>
    public static void CheckCount(int count, string name, string what)
    {
        if (count is < 1 or > MostLines)
        {
            throw new ArgumentException($"A picture holds 1..{MostLines} lines, and {count} {what} were passed: pass at least one, and make several pictures of more.", name);
        }
    }

    private static LineFigure Figure(string heading, LineSeries[] lines, GeometryMeasure measure, IReadOnlyList<string> notes)
    {
        double[] values = [.. lines.SelectMany(line => line.Finite), .. lines.SelectMany(line => line.Band ?? []).SelectMany(interval => new[] { interval.Lower, interval.Upper })];
        return new LineFigure
        {
            Heading = heading,
            Summary = $"{Capital(measure.DisplayName())} ({measure.Unit()}) by layer fraction. {string.Join(". ", lines.Select(Describe))}.",
            XLabel = "layer fraction (0 = embeddings, 1 = last layer)",
            YLabel = measure.AxisLabel(),
            X = NiceTicks.Covering(0, 1),
            Y = NiceTicks.Covering(Math.Min(0, values.Min()), Math.Max(0, values.Max())),
            Lines = lines,
            Notes = notes,
        };
    }

    private static LineSeries Line(string name, CondensationReport report, GeometryMeasure measure)
    {
        double[] values = [.. report.Layers.Select(layer => layer.Measures.TryGetValue(measure, out double value) ? value : double.NaN)];
        double[] finite = [.. values.Where(double.IsFinite)];
        if (finite.Length == 0)
        {
            throw new ArgumentException($"The report of '{report.Model}' holds no {measure.DisplayName()}: measure with {nameof(CondensationReportOptions)}.{nameof(CondensationReportOptions.SpectrumTexts)} of at least 1.", nameof(report));
        }

        string trend = finite.Length < 2 ? "trend undefined" : Wording.Trend(CondensationTrend.Of(finite));
        return new LineSeries($"{SafeText.Name(name)}: {trend}", [.. report.Layers.Select(layer => layer.Fraction)], values) { Band = Band(report, measure) };
    }

    private static IReadOnlyList<Interval>? Band(CondensationReport report, GeometryMeasure measure) => measure switch
    {
        GeometryMeasure.MeanCosine => report.Intervals?.MeanCosine,
        GeometryMeasure.MeanCosineOffDiagonal => report.Intervals?.MeanCosineOffDiagonal,
        _ => null,
    };

    private static IEnumerable<string> Notes(IReadOnlyList<CondensationReport> reports, LineSeries[] lines, GeometryMeasure measure)
    {
        string[] samples = [.. reports.Select(report => Sample(report, measure))];
        if (samples.Distinct().Count() == 1)
        {
            yield return samples[0];
        }
        else
        {
            foreach ((CondensationReport report, string sample) in reports.Zip(samples))
            {
                yield return $"{SafeText.Name(report.Model)}: {sample}";
            }
        }

        if (lines.Any(line => line.Band is not null))
        {
            yield return "Bands: 95 % bootstrap intervals over the texts, each layer for itself.";
        }

        if (measure.IsCosine() && reports.Select(report => (report.ShortestText, report.LongestText, report.Profile.Tokens)).Distinct().Count() > 1)
        {
            yield return "The texts differ in length between lines, on which mean cosines depend.";
        }

        foreach ((CondensationReport report, LineSeries line) in reports.Zip(lines))
        {
            string[] missing = [.. report.Layers.Where((_, i) => !double.IsFinite(line.Ys[i])).Select(layer => layer.Name)];
            if (missing.Length > 0)
            {
                yield return $"{SafeText.Name(report.Model)}: no finite value for layer {string.Join(", ", missing)}, left out here and of the trend.";
            }
        }
    }

    private static string Sample(CondensationReport report, GeometryMeasure measure) => measure.IsCosine()
        ? $"{Wording.Sample(report.Profile)}; {Wording.Averaging(report.Profile)}."
        : string.Create(CultureInfo.InvariantCulture, $"Mean over {report.SpectrumTexts:N0} of {Wording.Sample(report.Profile)}.");

    private static string Describe(LineSeries line) => string.Create(CultureInfo.InvariantCulture, $"{line.Name}, from {line.Finite.First():G3} to {line.Finite.Last():G3}");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
