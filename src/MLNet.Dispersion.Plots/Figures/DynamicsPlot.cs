using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Makes pictures of how the geometry changed during training.</summary>
internal static class DynamicsPlot
{
    private const string XLabel = "optimizer steps";
    private const string YLabel = "mean cosine (diagonal included)";

    /// <summary>Every layer of one training.</summary>
    public static LineFigure OfLayers(IReadOnlyList<GeometrySnapshot> history)
    {
        GeometrySnapshot[] moments = Ordered(history, "the training", nameof(history));
        int layers = moments[0].Profile.Layers.Count;
        if (moments.Any(moment => moment.Profile.Layers.Count != layers))
        {
            throw new ArgumentException("The snapshots have different numbers of layers: they must be of one model.", nameof(history));
        }

        double[] steps = Steps(moments);
        LineSeries[] lines = [.. Enumerable.Range(0, layers).Select(layer => new LineSeries(
            layer == 0 ? "embeddings" : $"layer {layer.ToString(CultureInfo.InvariantCulture)}", steps,
            [.. moments.Select(moment => moment.Profile.Layers[layer].MeanCosine)], layer / (double)Math.Max(1, layers - 1)))];
        string trend = $"Trend with depth: {Wording.Trend(moments[0].Profile.Trend)} at the start; {Wording.Trend(moments[^1].Profile.Trend)} at the end.";
        return Figure("Mean cosine by layer during training", lines, [trend, Sample(moments)], LayerBar(layers));
    }

    /// <summary>The last layer of several trainings.</summary>
    public static LineFigure OfRuns(IReadOnlyList<(string Name, IReadOnlyList<GeometrySnapshot> History)> runs)
    {
        TrendPlot.CheckCount(runs.Count, nameof(runs), "trainings");
        GeometrySnapshot[][] histories = [.. runs.Select(run => Ordered(run.History, $"'{run.Name}'", nameof(runs)))];
        LineSeries[] lines = [.. runs.Zip(histories).Select(pair => new LineSeries(
            SafeText.Name(pair.First.Name), Steps(pair.Second), [.. pair.Second.Select(moment => moment.Profile.Layers[^1].MeanCosine)]))];
        return Figure("Mean cosine of the last layer during training", lines, [.. histories.Select(Sample).Distinct()], null);
    }

    /// <summary>The key of lines that are coloured by layer.</summary>
    public static ColourBar LayerBar(int layers) =>
        new(NiceTicks.Covering(0, layers - 1, 5, whole: true).Within(0, layers - 1).EndingAt(layers - 1), "layer (0 = embeddings)", PictureColours.LineShare);

    private static LineFigure Figure(string heading, LineSeries[] lines, IReadOnlyList<string> notes, ColourBar? order)
    {
        double[] values = [.. lines.SelectMany(line => line.Finite)];
        return new LineFigure
        {
            Heading = heading,
            Summary = $"{heading}. {string.Join(". ", lines.Select(Describe))}.",
            XLabel = XLabel,
            YLabel = YLabel,
            X = Steps(lines),
            Y = NiceTicks.Covering(Math.Min(0, values.Min()), Math.Max(0, values.Max())),
            Lines = lines,
            Order = order,
            Notes = notes,
        };
    }

    private static string Sample(GeometrySnapshot[] moments) =>
        $"Measured on a fixed sample: {Wording.Sample(moments[^1].Profile)}; {Wording.Averaging(moments[^1].Profile)}.";

    private static NiceTicks Steps(LineSeries[] lines)
    {
        double last = lines.Max(line => line.Xs[^1]);
        return NiceTicks.Covering(lines.Min(line => line.Xs[0]), Math.Max(1, last), 6, whole: true);
    }

    private static GeometrySnapshot[] Ordered(IReadOnlyList<GeometrySnapshot> history, string what, string name)
    {
        ArgumentNullException.ThrowIfNull(history, name);
        return history.Count > 0 ? [.. history.OrderBy(moment => moment.Step)] : throw new ArgumentException(
            $"The history of {what} is empty: train with FineTuneOptions.GeometryProbe, which measures before, during and after.", name);
    }

    private static double[] Steps(GeometrySnapshot[] moments) => [.. moments.Select(moment => (double)moment.Step)];

    private static string Describe(LineSeries line) => string.Create(CultureInfo.InvariantCulture, $"{line.Name}: from {line.Finite.First():F2} to {line.Finite.Last():F2}");
}
