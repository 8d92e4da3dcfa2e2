using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Makes the picture of each layer's singular values.</summary>
internal static class SpectrumPlot
{
    // Below, float32 hidden states hold nothing but rounding.
    private const double LeastShown = 1e-6;

    /// <summary>One line a layer.</summary>
    public static LineFigure Of(CondensationReport report)
    {
        LineSeries[] lines = [.. report.Layers.Select(Line).Where(line => line.Finite.Any())];
        if (lines.Length == 0)
        {
            throw new ArgumentException($"The report of '{report.Model}' holds no singular values: measure with {nameof(CondensationReportOptions)}.{nameof(CondensationReportOptions.SpectrumTexts)} of at least 1.", nameof(report));
        }

        string name = SafeText.Name(report.Model);
        double least = lines.Min(line => line.Finite.Min());
        return new LineFigure
        {
            Heading = $"Singular values by layer: {name}",
            Summary = $"Singular values of {name}'s token matrices relative to the largest, on a logarithmic scale, by index, one line a layer. A steep fall means that few directions carry everything.",
            XLabel = "index i of the singular value",
            YLabel = "singular value / largest singular value",
            X = NiceTicks.Covering(0, lines.Max(line => line.Xs[^1]), 6, whole: true),
            Y = NiceTicks.Decades(least, 0),
            Lines = lines,
            Order = DynamicsPlot.LayerBar(report.Layers.Count),
            Notes = [.. Notes(report, lines.Length)],
        };
    }

    private static LineSeries Line(LayerReport layer) => new(
        layer.Name,
        [.. Enumerable.Range(1, layer.Spectrum.Count).Select(i => (double)i)],
        [.. layer.Spectrum.Select(value => value >= LeastShown && double.IsFinite(value) ? Math.Log10(value) : double.NaN)],
        layer.Fraction);

    private static IEnumerable<string> Notes(CondensationReport report, int lines)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"Mean over {report.SpectrumTexts:N0} of {Wording.Sample(report.Profile)}.");
        if (report.Layers.Any(layer => layer.Spectrum.Any(value => value < LeastShown)))
        {
            yield return "Values below 10⁻⁶ are not shown: they are rounding.";
        }

        if (lines < report.Layers.Count)
        {
            yield return $"Left out, without finite values: layer {string.Join(", ", report.Layers.Where(layer => !layer.Spectrum.Any(value => value >= LeastShown)).Select(layer => layer.Name))}.";
        }
    }
}
