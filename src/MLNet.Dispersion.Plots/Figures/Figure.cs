using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>What a picture shows, at any size. Immutable and thread-safe: drawing makes everything anew.</summary>
internal abstract class Figure
{
    /// <summary>The space around everything.</summary>
    protected const float Margin = 16;

    private const float CaptionLine = TextPainter.SmallSize * 1.45f;

    /// <summary>Gets its name, for screen readers.</summary>
    public abstract string Title { get; }

    /// <summary>Gets what it shows in words, for screen readers.</summary>
    public abstract string Description { get; }

    /// <summary>The height that suits a width.</summary>
    public abstract int DefaultHeight(int width);

    /// <summary>Draws it on a white ground.</summary>
    public void Draw(SKCanvas canvas, int width, int height)
    {
        using var ground = new SKPaint { Color = SKColors.White };
        canvas.DrawRect(0, 0, width, height, ground);
        DrawContent(canvas, width, height);
    }

    /// <summary>Draws everything but the ground.</summary>
    protected abstract void DrawContent(SKCanvas canvas, int width, int height);

    /// <summary>The lines of a caption at this width of the picture.</summary>
    protected static IReadOnlyList<string> CaptionLines(IEnumerable<string> notes, int width) =>
        [.. notes.SelectMany(note => TextPainter.Wrap(note, TextPainter.SmallSize, width - (2 * Margin)))];

    /// <summary>The height of a caption with its distance from what is above it.</summary>
    protected static float CaptionHeight(IReadOnlyList<string> lines) => lines.Count == 0 ? Margin : (lines.Count * CaptionLine) + Margin + 6;

    /// <summary>Draws a caption at the foot of the picture.</summary>
    protected static void DrawCaption(SKCanvas canvas, IReadOnlyList<string> lines, int height)
    {
        float y = height - Margin + 2 - ((lines.Count - 1) * CaptionLine);
        foreach (string line in lines)
        {
            TextPainter.Draw(canvas, line, Margin, y, TextPainter.SmallSize);
            y += CaptionLine;
        }
    }
}
