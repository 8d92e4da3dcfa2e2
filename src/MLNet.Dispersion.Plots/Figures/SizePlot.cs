using System.Globalization;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion;

/// <summary>Makes pictures of a figure by the number of parameters, one line a family of models.</summary>
internal static class SizePlot
{
    // Ticks nearer to each other than this share of the axis would be written over one another.
    private const double LeastGap = 0.1;

    private const double LeastSpan = 0.5;

    private const double Room = 0.04;

    /// <summary>The trend with depth.</summary>
    public static LineFigure OfTrends(IReadOnlyList<(string Name, IReadOnlyList<CondensationReport> Reports)> families) => Of(
        families,
        "Trend with depth by size",
        "Spearman’s ρ of mean cosine with depth",
        (-1, 1),
        report => report.MainTrend.Spearman,
        report => report.MainCosine == GeometryMeasure.MeanCosine ? report.Intervals?.Spearman : report.Intervals?.SpearmanOffDiagonal,
        [.. families.SelectMany(family => family.Reports).Where(report => !report.MainTrend.IsSignificant).Select(report => $"{SafeText.Name(report.Model)}: not significant by the number of layers.")]);

    /// <summary>The last layer's mean cosine.</summary>
    public static LineFigure OfLastCosines(IReadOnlyList<(string Name, IReadOnlyList<CondensationReport> Reports)> families) => Of(
        families,
        "Mean cosine of the last layer by size",
        "mean cosine, last layer",
        (0, 1),
        report => report.Layers[^1].Measures[report.MainCosine],
        report => report.MainIntervals?[^1],
        []);

    private static LineFigure Of(
        IReadOnlyList<(string Name, IReadOnlyList<CondensationReport> Reports)> families,
        string heading,
        string figureName,
        (double Low, double High) range,
        Func<CondensationReport, double> figure,
        Func<CondensationReport, Interval?> interval,
        IEnumerable<string> notes)
    {
        TrendPlot.CheckCount(families.Count, nameof(families), "families");
        LineSeries[] lines = [.. families.Select(family => Line(family.Name, family.Reports, figure, interval))];
        double[] sizes = [.. lines.SelectMany(line => line.Xs).Distinct().Order()];
        return new LineFigure
        {
            Heading = heading,
            Summary = $"{heading}. {string.Join(". ", families.Select(family => Describe(family.Name, family.Reports, figure)))}.",
            XLabel = "parameters (logarithmic)",
            YLabel = figureName,
            X = Ticks(sizes),
            Y = WithRoom(NiceTicks.Covering(Math.Min(range.Low, lines.SelectMany(line => line.Finite).DefaultIfEmpty(range.Low).Min()), range.High)),
            Lines = lines,
            Notes = [.. Notes([.. families.SelectMany(family => family.Reports)]), .. notes],
        };
    }

    private static LineSeries Line(string name, IReadOnlyList<CondensationReport> reports, Func<CondensationReport, double> figure, Func<CondensationReport, Interval?> interval)
    {
        if (reports.Count == 0)
        {
            throw new ArgumentException($"The family '{name}' has no report: leave it out.", nameof(reports));
        }

        CondensationReport[] bySize = [.. reports.OrderBy(Parameters)];
        Interval?[] intervals = [.. bySize.Select(interval)];
        return new LineSeries(SafeText.Name(name), [.. bySize.Select(report => Math.Log10(Parameters(report)))], [.. bySize.Select(figure)])
        {
            Band = intervals.Any(one => one is null) ? null : [.. intervals.OfType<Interval>()],
            HasBars = true,
        };
    }

    private static long Parameters(CondensationReport report) => report.Parameters
        ?? throw new ArgumentException($"The report of '{report.Model}' does not say how many parameters the model has, since an older library wrote it: measure it again.", nameof(report));

    private static NiceTicks Ticks(double[] sizes)
    {
        double gap = LeastGap * Math.Max(LeastSpan, sizes[^1] - sizes[0]);
        var kept = new List<double>();
        foreach (double size in sizes)
        {
            if (kept.Count == 0 || size - kept[^1] >= gap)
            {
                kept.Add(size);
            }
        }

        return new NiceTicks([.. kept], [.. kept.Select(size => Wording.Count(Math.Pow(10, size)))]);
    }

    /// <summary>The axis a little longer at both ends, so that markers at 1 and -1 are whole.</summary>
    private static NiceTicks WithRoom(NiceTicks ticks)
    {
        double room = Room * (ticks.Max - ticks.Min);
        return new NiceTicks([ticks.Min - room, .. ticks.Positions, ticks.Max + room], [string.Empty, .. ticks.Labels, string.Empty]);
    }

    private static IEnumerable<string> Notes(CondensationReport[] reports)
    {
        if (reports.Any(report => report.Intervals is not null))
        {
            yield return "Bars: 95 % bootstrap intervals over the texts.";
        }

        if (reports.Select(report => report.MainCosine).Distinct().Skip(1).Any() || reports.Select(report => report.Profile.TokensPerText).Distinct().Skip(1).Any())
        {
            yield return "The models’ texts differ in length, on which mean cosines depend.";
        }
    }

    private static string Describe(string name, IReadOnlyList<CondensationReport> reports, Func<CondensationReport, double> figure) => string.Create(
        CultureInfo.InvariantCulture,
        $"{SafeText.Name(name)}: {string.Join(", ", reports.OrderBy(Parameters).Select(report => string.Create(CultureInfo.InvariantCulture, $"{figure(report):F2} at {Wording.Count(Parameters(report))} parameters")))}");
}
