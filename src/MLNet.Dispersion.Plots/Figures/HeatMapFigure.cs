using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>Heat maps of the published form, side by side on one scale: layer fraction against cosine, colour is density 0..10, the mean drawn over it.</summary>
internal sealed class HeatMapFigure : Figure
{
    /// <summary>The density at the top of the colour scale.</summary>
    public const double GreatestDensity = 10;

    private const float Head = 40;
    private const float Gap = 18;
    private const float XAxis = 46;
    private const float YAxis = 74;

    private static readonly NiceTicks CosineTicks = NiceTicks.Covering(-1, 1, 4);
    private static readonly ColourBar Scale = new(NiceTicks.Covering(0, GreatestDensity), "density", AtLeast: true);

    private readonly IReadOnlyList<HeatMapPanel> _panels;
    private readonly IReadOnlyList<string> _notes;
    private readonly int _columns;

    /// <summary>Creates it.</summary>
    public HeatMapFigure(string title, IReadOnlyList<HeatMapPanel> panels, IReadOnlyList<string> notes)
    {
        Title = title;
        _panels = panels;
        _notes = notes;
        _columns = panels.Count <= 3 ? panels.Count : panels.Count == 4 ? 2 : 3;
    }

    /// <inheritdoc/>
    public override string Title { get; }

    /// <inheritdoc/>
    public override string Description => "Distribution of the cosine similarity between the tokens of a text, by depth in the model. "
        + string.Join(" ", _panels.Select(panel => panel.Description)) + " " + string.Join(" ", _notes);

    private int Rows => (_panels.Count + _columns - 1) / _columns;

    /// <inheritdoc/>
    public override int DefaultHeight(int width)
    {
        float inner = InnerWidth(width);
        float panel = _columns == 1 ? inner * 0.6f : Math.Max(inner, 170) * 1.05f;
        return (int)Math.Ceiling((Rows * (Head + panel + XAxis)) + CaptionHeight(CaptionLines(_notes, width)));
    }

    /// <summary>The inner edges of a panel's axes.</summary>
    public SKRect Inner(int panel, int width, int height)
    {
        float innerWidth = InnerWidth(width);
        float rowHeight = (height - CaptionHeight(CaptionLines(_notes, width))) / Rows;
        float left = YAxis + (panel % _columns * (innerWidth + Gap));
        float top = (panel / _columns * rowHeight) + Head;
        return new SKRect(left, top, left + innerWidth, top + rowHeight - Head - XAxis);
    }

    /// <summary>The bar of the colour scale.</summary>
    public SKRect Bar(int width, int height)
    {
        float left = width - Margin - Scale.Width;
        return new SKRect(left, Inner(0, width, height).Top, left + ColourBar.BarWidth, Inner(_panels.Count - 1, width, height).Bottom);
    }

    /// <inheritdoc/>
    protected override void DrawContent(SKCanvas canvas, int width, int height)
    {
        for (int i = 0; i < _panels.Count; i++)
        {
            DrawPanel(canvas, i, Inner(i, width, height));
        }

        SKRect bar = Bar(width, height);
        Scale.Draw(canvas, bar.Left, bar.Top, bar.Height);
        DrawCaption(canvas, CaptionLines(_notes, width), height);
    }

    private float InnerWidth(int width) => (width - YAxis - Margin - Scale.Width - Gap - ((_columns - 1) * Gap)) / _columns;

    private void DrawPanel(SKCanvas canvas, int index, SKRect inner)
    {
        HeatMapPanel content = _panels[index];
        bool leftmost = index % _columns == 0;
        NiceTicks fractions = NiceTicks.Covering(0, 1, inner.Width < 260 ? 2 : 5);
        using var axes = new Panel(fractions, CosineTicks, yLabels: leftmost, grid: false);
        AddCells(axes.Plot, content);
        AddMeans(axes.Plot, content);
        axes.Draw(canvas, inner);

        bool single = _panels.Count == 1;
        float size = single ? TextPainter.TitleSize : TextPainter.LabelSize;
        TextPainter.Draw(canvas, TextPainter.Fit(content.Name, size, inner.Width, bold: true), inner.MidX, inner.Top - 13, size, SKTextAlign.Center, bold: true);
        TextPainter.Draw(canvas, "layer fraction", inner.MidX, inner.Bottom + 38, TextPainter.LabelSize, SKTextAlign.Center);
        if (leftmost)
        {
            TextPainter.DrawUpwards(canvas, "cosine similarity", Margin + 12, inner.MidY, TextPainter.LabelSize);
        }
    }

    private static void AddCells(Plot plot, HeatMapPanel content)
    {
        var edges = new CoordinateRect(content.Fractions[0] - (content.CellWidth / 2), content.Fractions[^1] + (content.CellWidth / 2), -1, 1);
        ScottPlot.Plottables.Heatmap map = plot.Add.Heatmap(content.Cells());
        map.Colormap = PictureColours.Sequence;
        map.ManualRange = new ScottPlot.Range(0, GreatestDensity);
        map.NaNCellColor = Colors.White;
        map.Rectangle = edges;
        plot.Axes.SetLimits(edges);
    }

    private static void AddMeans(Plot plot, HeatMapPanel content)
    {
        foreach (Coordinates[] run in LineSeries.Runs(content.Fractions, content.Means))
        {
            // White on a dark edge shows on every colour of the map.
            foreach ((Color colour, float width) in new[] { (Colors.Black, 4.5f), (Colors.White, 2f) })
            {
                ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(run, colour);
                line.LineWidth = width;
                line.MarkerSize = run.Length == 1 ? width * 2.5f : 0;
            }
        }
    }
}
