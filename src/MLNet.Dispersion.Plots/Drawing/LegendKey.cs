using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>What each line of a picture is: entries in rows below it.</summary>
/// <param name="Entries">Colour, marker and name of each line.</param>
internal sealed record LegendKey(IReadOnlyList<(Color Colour, MarkerShape Marker, string Text)> Entries)
{
    private const float RowHeight = 20;
    private const float SampleWidth = 30;
    private const float Gap = 22;

    /// <summary>The height at this width.</summary>
    public float Height(float width) => Rows(width) * RowHeight;

    /// <summary>Draws it with its upper left corner here.</summary>
    public void Draw(SKCanvas canvas, float left, float top, float width)
    {
        (int columns, float columnWidth) = Grid(width);
        using var paint = Paint.NewDisposablePaint();
        for (int i = 0; i < Entries.Count; i++)
        {
            float x = left + (i % columns * columnWidth);
            float y = top + (i / columns * RowHeight) + (RowHeight / 2);
            Sample(canvas, paint, x, y, Entries[i].Colour, Entries[i].Marker);
            string text = TextPainter.Fit(Entries[i].Text, TextPainter.SmallSize, columnWidth - SampleWidth - 8);
            TextPainter.Draw(canvas, text, x + SampleWidth + 6, y + (TextPainter.SmallSize * 0.36f), TextPainter.SmallSize);
        }
    }

    private static void Sample(SKCanvas canvas, Paint paint, float x, float y, Color colour, MarkerShape marker)
    {
        ScottPlot.Drawing.DrawLine(canvas, paint, new Pixel(x, y), new Pixel(x + SampleWidth, y), colour, LineStyles.Width);
        LineStyles.Marker(marker, colour).Render(canvas, new Pixel(x + (SampleWidth / 2), y), paint);
    }

    private int Rows(float width) => (Entries.Count + Grid(width).Columns - 1) / Grid(width).Columns;

    private (int Columns, float ColumnWidth) Grid(float width)
    {
        float widest = SampleWidth + Gap + Entries.Max(entry => TextPainter.Measure(entry.Text, TextPainter.SmallSize));
        int columns = Math.Clamp((int)(width / widest), 1, Entries.Count);
        return (columns, columns == 1 ? width : widest);
    }
}
