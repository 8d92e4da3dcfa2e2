namespace MLNet.Dispersion;

/// <summary>Pictures of how condensed models are. Thread-safe.</summary>
/// <remarks>
/// Colours keep apart for colour-blind readers (Okabe and Ito's for models, viridis for densities and layers), and lines of different models differ in
/// their markers as well. Layers without a finite value are left out, and a note in the picture says so. Names may be any text: what cannot be
/// drawn is replaced.
/// </remarks>
public static class CondensationPlots
{
    /// <summary>Draws the published heat map of one model: layer fraction 0..1 against cosine -1..1, colour is the density 0..10, the mean cosine drawn over it.</summary>
    /// <param name="report">A report with histograms.</param>
    /// <exception cref="ArgumentException">It has no histograms: the message names the option to set.</exception>
    public static CondensationPicture HeatMap(CondensationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return HeatMaps([report]);
    }

    /// <summary>Draws the heat maps of several models (or of one before and after training) side by side, on one scale with one colour bar.</summary>
    /// <param name="reports">1..12 reports with histograms.</param>
    /// <exception cref="ArgumentException">There are too few or too many, or one has no histograms: the message names the option to set.</exception>
    public static CondensationPicture HeatMaps(IReadOnlyList<CondensationReport> reports) => new(HeatMapPlot.OfReports(Checked(reports, nameof(reports))));

    /// <summary>Draws heat maps of moments of one training side by side: the first, the last and others spread evenly between them.</summary>
    /// <param name="history">Snapshots with histograms, in the order of training.</param>
    /// <param name="panels">How many are shown at most, 1..12. Default 4.</param>
    /// <exception cref="ArgumentException">There is no snapshot, one has no histograms, or <paramref name="panels"/> is outside its range.</exception>
    public static CondensationPicture DynamicsHeatMaps(IReadOnlyList<GeometrySnapshot> history, int panels = 4) =>
        new(HeatMapPlot.OfSnapshots(Checked(history, nameof(history)), panels));

    /// <summary>Draws mean cosine by layer fraction, one line a model; the legend gives Spearman's rho and Kendall's tau-b of each.</summary>
    /// <param name="reports">1..12 reports.</param>
    /// <param name="offDiagonal">False (default, published): the diagonal is included. True: only pairs of different tokens.</param>
    /// <exception cref="ArgumentException">There are too few or too many.</exception>
    public static CondensationPicture Trend(IReadOnlyList<CondensationReport> reports, bool offDiagonal = false) =>
        Measure(reports, offDiagonal ? GeometryMeasure.MeanCosineOffDiagonal : GeometryMeasure.MeanCosine);

    /// <summary>Draws mean cosine by layer fraction of one model on several kinds of texts, one line a kind; the legend gives Spearman's rho and Kendall's tau-b of each.</summary>
    /// <param name="sources">1..12 kinds of texts: name and report, all of the same model.</param>
    /// <param name="offDiagonal">False (default, published): the diagonal is included. True: only pairs of different tokens.</param>
    /// <exception cref="ArgumentException">There are too few or too many, or they are of different models.</exception>
    public static CondensationPicture TextSources(IReadOnlyList<(string Name, CondensationReport Report)> sources, bool offDiagonal = false)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return new(TrendPlot.OfSources(sources, offDiagonal));
    }

    /// <summary>Draws Spearman's rho of mean cosine with depth by the number of parameters, one line a family of models, with intervals over the texts.</summary>
    /// <param name="families">1..12 families: name and reports, which must say how many parameters there are (<see cref="CondensationReport.Parameters"/>).</param>
    /// <exception cref="ArgumentException">There are too few or too many families, one is empty, or a report lacks the number of parameters.</exception>
    public static CondensationPicture TrendBySize(IReadOnlyList<(string Name, IReadOnlyList<CondensationReport> Reports)> families)
    {
        ArgumentNullException.ThrowIfNull(families);
        return new(SizePlot.OfTrends(families));
    }

    /// <summary>Draws the last layer's mean cosine by the number of parameters, one line a family of models, with intervals over the texts.</summary>
    /// <param name="families">1..12 families: name and reports, which must say how many parameters there are (<see cref="CondensationReport.Parameters"/>).</param>
    /// <exception cref="ArgumentException">There are too few or too many families, one is empty, or a report lacks the number of parameters.</exception>
    public static CondensationPicture LastCosineBySize(IReadOnlyList<(string Name, IReadOnlyList<CondensationReport> Reports)> families)
    {
        ArgumentNullException.ThrowIfNull(families);
        return new(SizePlot.OfLastCosines(families));
    }

    /// <summary>Draws any measure by layer fraction, one line a model; the legend gives Spearman's rho and Kendall's tau-b of each.</summary>
    /// <param name="reports">1..12 reports.</param>
    /// <param name="measure">The measure.</param>
    /// <exception cref="ArgumentException">There are too few or too many, or one lacks the measure: the message names the option to set.</exception>
    public static CondensationPicture Measure(IReadOnlyList<CondensationReport> reports, GeometryMeasure measure) =>
        new(TrendPlot.Of(Checked(reports, nameof(reports)), measure));

    /// <summary>Draws what carries the cone of one model, by layer fraction: the mean cosine between different tokens, and the same without the first token, without massive
    /// tokens, without the strongest coordinates, and minus the common mean.</summary>
    /// <param name="report">A report that holds <see cref="CondensationReport.Cone"/>.</param>
    /// <exception cref="ArgumentException">It does not: the message names the option to set.</exception>
    public static CondensationPicture Cone(CondensationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(ConePlot.Of(report));
    }

    /// <summary>Draws mean cosine over the steps of one training, one line a layer, coloured by its depth.</summary>
    /// <param name="history">Snapshots of one model, in any order.</param>
    /// <exception cref="ArgumentException">There is none, or they are of different models.</exception>
    public static CondensationPicture Dynamics(IReadOnlyList<GeometrySnapshot> history) => new(DynamicsPlot.OfLayers(Checked(history, nameof(history))));

    /// <summary>Draws mean cosine of the last layer over the steps of several trainings, one line a training.</summary>
    /// <param name="runs">1..12 trainings: name and snapshots, these in any order.</param>
    /// <exception cref="ArgumentException">There are too few or too many, or one has no snapshot.</exception>
    public static CondensationPicture Dynamics(IReadOnlyList<(string Name, IReadOnlyList<GeometrySnapshot> History)> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        foreach ((string name, _) in runs)
        {
            ArgumentNullException.ThrowIfNull(name, nameof(runs));
        }

        return new(DynamicsPlot.OfRuns(runs));
    }

    /// <summary>Draws each layer's singular values relative to the largest, by index and on a logarithmic axis, coloured by depth: a steep fall is condensed.</summary>
    /// <param name="report">A report with spectra.</param>
    /// <exception cref="ArgumentException">It has no spectra: the message names the option to set.</exception>
    public static CondensationPicture Spectra(CondensationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new(SpectrumPlot.Of(report));
    }

    /// <summary>Draws lines of your own in the style of all pictures: an outcome over a parameter, a measure over time.</summary>
    /// <param name="chart">What to draw.</param>
    /// <exception cref="ArgumentException">There is no line, or one has no point, or more or fewer positions than values.</exception>
    public static CondensationPicture Lines(LineChart chart)
    {
        ArgumentNullException.ThrowIfNull(chart);
        if (chart.Lines.Count == 0 || chart.Lines.Any(line => line.Xs.Count == 0 || line.Xs.Count != line.Ys.Count))
        {
            throw new ArgumentException($"The chart '{chart.Title}' has no line, or one without points or with {nameof(ChartLine.Xs)} and {nameof(ChartLine.Ys)} of different numbers: give at least one line, and each a value at each of its positions.", nameof(chart));
        }

        return new(new LineFigure
        {
            Heading = chart.Title,
            Summary = chart.Description,
            XLabel = chart.XLabel,
            YLabel = chart.YLabel,
            X = chart.X.Ticks,
            Y = chart.Y.Ticks,
            Lines = [.. chart.Lines.Select(line => new LineSeries(line.Name, line.Xs, line.Ys) { HasMarkers = line.HasMarkers })],
            Notes = chart.Notes,
        });
    }

    private static IReadOnlyList<T> Checked<T>(IReadOnlyList<T> items, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(items, name);
        foreach (T item in items)
        {
            ArgumentNullException.ThrowIfNull(item, name);
        }

        return items;
    }
}
