using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>The key of a colour map: a vertical bar with ticks and a label to its right.</summary>
/// <param name="Ticks">Its ticks; the first is at the lower end.</param>
/// <param name="Label">What the colour means.</param>
/// <param name="Share">How much of the map it shows, 0..1.</param>
/// <param name="AtLeast">Whether colours at the top stand for all greater values too.</param>
internal sealed record ColourBar(NiceTicks Ticks, string Label, double Share = 1, bool AtLeast = false)
{
    /// <summary>Of the bar itself.</summary>
    public const float BarWidth = 16;

    private const int Steps = 128;

    /// <summary>Gets the width that the bar takes with its ticks and label.</summary>
    public float Width => BarWidth + 8 + Labels.Max(label => TextPainter.Measure(label, TextPainter.SmallSize)) + 8 + TextPainter.LabelSize;

    private IEnumerable<string> Labels => Ticks.Labels.Select((label, i) => AtLeast && i == Ticks.Labels.Length - 1 ? "≥ " + label : label);

    /// <summary>Draws it with its bar's upper left corner here.</summary>
    public void Draw(SKCanvas canvas, float left, float top, float height)
    {
        DrawBar(canvas, left, top, height);
        using var line = new SKPaint { Color = TextPainter.Ink, StrokeWidth = 1, IsStroke = true };
        canvas.DrawRect(left, top, BarWidth, height, line);
        float right = left + BarWidth;
        foreach ((string label, double position) in Labels.Zip(Ticks.Positions))
        {
            float y = top + (height * (float)(1 - ((position - Ticks.Min) / (Ticks.Max - Ticks.Min))));
            canvas.DrawLine(right, y, right + 4, y, line);
            TextPainter.Draw(canvas, label, right + 8, y + (TextPainter.SmallSize * 0.36f), TextPainter.SmallSize);
        }

        TextPainter.DrawUpwards(canvas, Label, left + Width, top + (height / 2), TextPainter.LabelSize);
    }

    private void DrawBar(SKCanvas canvas, float left, float top, float height)
    {
        using var paint = new SKPaint();
        for (int step = 0; step < Steps; step++)
        {
            // Each band reaches to the bar's top, so that no seam shows between two.
            paint.Color = PictureColours.Sequence.GetColor(Share * step / (Steps - 1)).ToSkia();
            canvas.DrawRect(left, top, BarWidth, height * (Steps - step) / Steps, paint);
        }
    }
}
