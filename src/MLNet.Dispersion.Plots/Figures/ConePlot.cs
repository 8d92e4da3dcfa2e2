namespace MLNet.Dispersion;

/// <summary>Makes pictures of what carries a model's cone.</summary>
internal static class ConePlot
{
    /// <summary>One line for each thing left out, over the layer fractions.</summary>
    public static LineFigure Of(CondensationReport report)
    {
        ConeReport cone = report.Cone ?? throw new ArgumentException(
            $"The report of '{report.Model}' does not hold what carries the cone: measure with {nameof(CondensationReportOptions)}.{nameof(CondensationReportOptions.ConeTexts)} of at least 1.", nameof(report));
        double[] fractions = [.. report.Layers.Select(layer => layer.Fraction)];
        LineSeries[] lines =
        [
            Line("all tokens and coordinates", figures => figures.MeanCosine) with { IsBroad = true },
            Line("without the first token", figures => figures.WithoutFirstToken),
            Line("without massive tokens", figures => figures.WithoutMassiveTokens),
            .. ConeGeometry.StrongestCounts.Index().Select(strongest => Line(
                strongest.Item == 1 ? "without the strongest coordinate" : FormattableString.Invariant($"without the {strongest.Item} strongest coordinates"), figures => figures.WithoutStrongest[strongest.Index])),
            Line("minus the common mean", figures => figures.Centred),
        ];
        double[] values = [.. lines.SelectMany(line => line.Finite)];
        return new LineFigure
        {
            Heading = $"What carries the cone of {SafeText.Name(report.Model)}",
            Summary = cone.Sentence,
            XLabel = "layer fraction (0 = embeddings, 1 = last layer)",
            YLabel = "mean cosine (different tokens)",
            X = NiceTicks.Covering(0, 1),
            Y = NiceTicks.Covering(Math.Min(0, values.Min()), Math.Max(0, values.Max())),
            Lines = lines,
            Notes = [FormattableString.Invariant($"Mean over {cone.Texts:N0} {(cone.Texts == 1 ? "text" : "texts")}.")],
        };

        LineSeries Line(string name, Func<ConeFigures, double> figure) => new(name, fractions, [.. cone.Layers.Select(figure)]);
    }
}
