using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Draws what a comparison found. Thread-safe.</summary>
public static class ComparisonPlots
{
    /// <summary>Draws the pictures: each seed's difference of the figure that decides, with the interval and the least effect; and, where it was measured, the mean cosine by layer, with dispersion and without.</summary>
    /// <param name="result">The result.</param>
    /// <returns>One or two pictures.</returns>
    public static IReadOnlyList<CondensationPicture> ToPictures(this ComparisonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        LineChart[] charts = result.PlainCosines.Count > 0 ? [Differences(result), Cosines(result)] : [Differences(result)];
        return [.. charts.Select(CondensationPlots.Lines)];
    }

    /// <summary>Writes a self-contained web page: verdict, table, pictures, and what was fixed beforehand. It appears whole or not at all.</summary>
    /// <param name="result">The result.</param>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="title">The page's title. Default <c>With the dispersion loss, and without</c>.</param>
    /// <exception cref="ArgumentException">The path names no file, or the title is empty.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteHtml(this ComparisonResult result, string path, string title = "With the dispersion loss, and without")
    {
        ArgumentNullException.ThrowIfNull(result);
        HtmlReportTable[] tables =
        [
            new("In short", [.. ComparisonResult.Heads], [.. result.Rows()]) { Note = $"{result.Deciding}. {result.Note}" },
            new("Beside it", ["", "over seeds and rows", "over seeds alone", "over rows alone"], [.. result.Figures.Select(figure => (IReadOnlyList<string>)[figure.Name, figure.Verdict.Interval.ToString("0.###"), figure.OverSeeds.ToString("0.###"), figure.OverRows?.ToString("0.###") ?? ""])])
            {
                Note = "The first column judges. Over seeds alone: other trainings on these very rows. Over rows alone: these very models on other rows.",
            },
            new("Fixed before the first training", ["plan"], [[$"{result.Plan}"]]),
        ];
        HtmlReport.Write(path, new HtmlReportContent(tables, result.ToPictures()) { Title = title });
    }

    private static LineChart Differences(ComparisonResult result)
    {
        ComparisonFigure figure = result.Deciding;
        (Interval interval, double least) = (figure.Verdict.Interval, figure.Verdict.LeastEffect);
        double[] seeds = [.. figure.SeedDifferences.Select((_, i) => (double)(result.Plan.FirstSeed + i))];
        double[] all = [.. figure.SeedDifferences, interval.Lower, interval.Upper, least, -least];
        ChartLine Level(string name, double value) => new() { Name = name, Xs = [seeds[0], seeds[^1]], Ys = [value, value], HasMarkers = false };
        return new LineChart
        {
            Title = $"{figure.Name}: {figure.Verdict.Text}{(figure.Verdict.IsExploratory ? " (exploratory)" : "")}",
            Description = $"Each seed's difference of {figure.Name} with dispersion and without, positive is better. {figure.Verdict.ToString("0.####")}.",
            XLabel = "seed",
            YLabel = "better by",
            X = ChartAxis.Covering(seeds[0], seeds[^1], whole: true),
            Y = ChartAxis.Covering(all.Min(), all.Max()),
            Lines =
            [
                new ChartLine { Name = "each seed", Xs = [.. seeds.SelectMany(seed => new[] { seed, seed })], Ys = [.. figure.SeedDifferences.SelectMany(difference => new[] { difference, double.NaN })] },
                Level(string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Level:0.#} % interval, upper limit"), interval.Upper),
                Level("lower limit", interval.Lower),
                Level("least effect", least),
                Level("minus the least effect", -least),
            ],
            Notes = [$"{figure.Verdict.ToString("0.###")}."],
        };
    }

    private static LineChart Cosines(ComparisonResult result)
    {
        ComparisonFigure last = result[ComparedRuns.LastLayer];
        double[] layers = [.. result.PlainCosines.Select((_, layer) => (double)layer)];
        double[] all = [.. result.PlainCosines, .. result.CosinesWithDispersion];
        return new LineChart
        {
            Title = "Mean cosine between tokens by layer",
            Description = $"Mean over seeds and texts, with dispersion and without. {last.Name}: {last.Verdict.ToString("0.###")}.",
            XLabel = "hidden state (0: embeddings)",
            YLabel = "mean cosine",
            X = ChartAxis.Covering(layers[0], layers[^1], whole: true),
            Y = ChartAxis.Covering(all.Min(), all.Max()),
            Lines = [new ChartLine { Name = "plain", Xs = layers, Ys = result.PlainCosines }, new ChartLine { Name = "with dispersion", Xs = layers, Ys = result.CosinesWithDispersion }],
            Notes = [$"{last.Name} (positive is less condensed): {last.Verdict.ToString("0.###")}."],
        };
    }
}
