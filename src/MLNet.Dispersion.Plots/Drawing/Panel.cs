using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>One pair of axes in the style of all pictures. The owner disposes it.</summary>
internal sealed class Panel : IDisposable
{
    // Labels are centred by their line's height, in which this typeface's figures stand high.
    private const float TickLabelDrop = 3;

    private static readonly Color Line = Color.FromHex("#555555");
    private static readonly Color GridLine = Color.FromHex("#E4E4E4");

    /// <summary>Empty axes, the vertical one from its first tick to its last; the limits of the horizontal one are the caller's.</summary>
    /// <param name="x">The ticks of the horizontal axis.</param>
    /// <param name="y">The ticks of the vertical axis.</param>
    /// <param name="yLabels">Whether the vertical axis is labelled.</param>
    /// <param name="grid">Whether grid lines are drawn at the ticks.</param>
    public Panel(NiceTicks x, NiceTicks y, bool yLabels = true, bool grid = true)
    {
        PictureFonts.EnsureRegistered();
        Plot = new Plot();
        Plot.RenderManager.ClearCanvasBeforeEachRender = false;
        Plot.FigureBackground.Color = Colors.Transparent;
        Plot.DataBackground.Color = Colors.White;
        Style(Plot.Axes.Bottom, x.Positions, x.Labels);
        Style(Plot.Axes.Left, y.Positions, yLabels ? y.Labels : [.. y.Labels.Select(_ => string.Empty)]);
        Plot.Axes.Left.TickLabelStyle.OffsetY = TickLabelDrop;
        Style(Plot.Axes.Top, [], []);
        Style(Plot.Axes.Right, [], []);
        Plot.Grid.MajorLineColor = GridLine;
        Plot.Grid.IsVisible = grid;
        Plot.Axes.SetLimitsY(y.Min, y.Max);
    }

    /// <summary>Gets the plot to add data to.</summary>
    public Plot Plot { get; }

    /// <summary>Draws the axes so that their inner edges are the rectangle.</summary>
    public void Draw(SKCanvas canvas, SKRect inner)
    {
        // What is fixed is relative to the whole picture, so that panels may lie anywhere in it.
        Plot.Layout.Fixed(new PixelRect(inner.Left, inner.Right, inner.Bottom, inner.Top));
        var whole = new PixelRect(0, inner.Right + 40, inner.Bottom + 60, 0);

        // The first rendering of a plot draws everything twice, which an SVG would keep.
        using var nowhere = new SKNoDrawCanvas((int)whole.Width, (int)whole.Height);
        Plot.Render(nowhere, whole);
        canvas.Save();
        Plot.Render(canvas, whole);
        canvas.Restore();
    }

    /// <inheritdoc/>
    public void Dispose() => Plot.Dispose();

    private static void Style(IAxis axis, double[] positions, string[] labels)
    {
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual(positions, labels);
        axis.TickLabelStyle.FontName = PictureFonts.Family;
        axis.TickLabelStyle.FontSize = TextPainter.SmallSize;
        axis.TickLabelStyle.ForeColor = new Color(TextPainter.Ink.Red, TextPainter.Ink.Green, TextPainter.Ink.Blue);
        axis.Label.FontName = PictureFonts.Family;
        axis.Label.IsVisible = false;
        axis.FrameLineStyle.Color = Line;
        axis.FrameLineStyle.Width = 1;
        axis.MajorTickStyle.Color = Line;
        axis.MajorTickStyle.Length = positions.Length > 0 ? 4 : 0;
    }
}
