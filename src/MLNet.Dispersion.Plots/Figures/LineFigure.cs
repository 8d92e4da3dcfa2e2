using MLNet.Dispersion.Statistics;
using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>Lines over one pair of axes: of categories, told apart by colour and marker in a legend, or in an order, coloured by it.</summary>
internal sealed class LineFigure : Figure
{
    private const float Head = 44;
    private const float XAxis = 46;
    private const int MarkersUpTo = 40;
    private const double BandAlpha = 0.2;
    private const float BroadLine = 4;

    // Of the horizontal axis, so that markers at its ends are whole.
    private const double Pad = 0.02;

    /// <inheritdoc/>
    public override string Title => Heading;

    /// <summary>Gets what stands above it.</summary>
    public required string Heading { get; init; }

    /// <summary>Gets what it shows in words.</summary>
    public required string Summary { get; init; }

    /// <summary>Gets the label of the horizontal axis.</summary>
    public required string XLabel { get; init; }

    /// <summary>Gets the label of the vertical axis.</summary>
    public required string YLabel { get; init; }

    /// <summary>Gets the ticks of the horizontal axis; those outside the data are left out.</summary>
    public required NiceTicks X { get; init; }

    /// <summary>Gets the ticks of the vertical axis.</summary>
    public required NiceTicks Y { get; init; }

    /// <summary>Gets the lines.</summary>
    public required IReadOnlyList<LineSeries> Lines { get; init; }

    /// <summary>Gets the key of the order that lines are coloured by; null for categories.</summary>
    public ColourBar? Order { get; init; }

    /// <summary>Gets what stands below it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <inheritdoc/>
    public override string Description => string.Join(" ", [Summary, .. Notes]);

    private float YAxis => Margin + 30 + Y.Labels.Max(label => TextPainter.Measure(label, TextPainter.SmallSize));

    /// <inheritdoc/>
    public override int DefaultHeight(int width) => (int)Math.Ceiling(Head + Math.Clamp(Inner(width, 1000).Width * 0.56f, 200, 5000) + Foot(width));

    /// <summary>The inner edges of the axes.</summary>
    public SKRect Inner(int width, int height)
    {
        float right = Order is { } bar ? Margin + bar.Width + 20 : Margin + 10;
        return new SKRect(YAxis, Head, width - right, height - Foot(width));
    }

    /// <inheritdoc/>
    protected override void DrawContent(SKCanvas canvas, int width, int height)
    {
        SKRect inner = Inner(width, height);
        double first = Lines.Min(line => line.Xs[0]);
        double last = Lines.Max(line => line.Xs[^1]);
        double pad = Pad * (last > first ? last - first : 1);
        using var axes = new Panel(X.Within(first - pad, last + pad), Y);
        axes.Plot.Axes.SetLimitsX(first - pad, last + pad);
        for (int i = 0; i < Lines.Count; i++)
        {
            AddBand(axes.Plot, i);
        }

        for (int i = 0; i < Lines.Count; i++)
        {
            AddLine(axes.Plot, i);
        }

        axes.Draw(canvas, inner);
        TextPainter.Draw(canvas, TextPainter.Fit(Heading, TextPainter.TitleSize, width - (2 * Margin), bold: true), inner.MidX, Head - 16, TextPainter.TitleSize, SKTextAlign.Center, bold: true);
        TextPainter.Draw(canvas, XLabel, inner.MidX, inner.Bottom + 38, TextPainter.LabelSize, SKTextAlign.Center);
        TextPainter.DrawUpwards(canvas, YLabel, Margin + 10, inner.MidY, TextPainter.LabelSize);
        Order?.Draw(canvas, inner.Right + 20, inner.Top, inner.Height);
        Key()?.Draw(canvas, YAxis, inner.Bottom + XAxis + 6, width - YAxis - Margin);
        DrawCaption(canvas, CaptionLines(Notes, width), height);
    }

    private float Foot(int width)
    {
        float key = Key() is { } entries ? entries.Height(width - YAxis - Margin) + 6 : 0;
        return XAxis + key + CaptionHeight(CaptionLines(Notes, width));
    }

    private LegendKey? Key() => Order is not null ? null : new LegendKey([.. Lines.Select((line, i) => (PictureColours.Category(i), PictureColours.Marker(i), line.Name))]);

    private void AddBand(Plot plot, int index)
    {
        LineSeries series = Lines[index];
        if (series is { Band: { } bars, HasBars: true })
        {
            foreach ((int i, Interval interval) in bars.Index())
            {
                plot.Add.Line(series.Xs[i], interval.Lower, series.Xs[i], interval.Upper).LineStyle = new LineStyle { Color = PictureColours.Category(index), Width = LineStyles.Width };
            }
        }
        else if (series.Band is { } band)
        {
            ScottPlot.Plottables.FillY fill = plot.Add.FillY([.. series.Xs], [.. band.Select(interval => interval.Lower)], [.. band.Select(interval => interval.Upper)]);
            fill.FillColor = PictureColours.Category(index).WithAlpha(BandAlpha);
            fill.LineWidth = 0;
            fill.MarkerSize = 0;
        }
    }

    private void AddLine(Plot plot, int index)
    {
        LineSeries series = Lines[index];
        Color colour = Order is null ? PictureColours.Category(index) : PictureColours.Line(series.Order);
        foreach (Coordinates[] run in series.Runs())
        {
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(run, colour);
            line.LineWidth = series.IsBroad ? LineStyles.Width * BroadLine : LineStyles.Width;
            if (run.Length == 1 || (series.HasMarkers && series.Xs.Count <= MarkersUpTo))
            {
                line.MarkerStyle = LineStyles.Marker(Order is null ? PictureColours.Marker(index) : MarkerShape.FilledCircle, colour);
                line.MarkerStyle.Size = Order is null ? LineStyles.MarkerSize : LineStyles.MarkerSize * 0.7f;
            }
        }
    }
}
