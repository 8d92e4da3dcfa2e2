using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>Writes text on a canvas in the embedded typefaces. Sizes are in pixels; positions are of the baseline.</summary>
internal static class TextPainter
{
    /// <summary>The size of titles.</summary>
    public const float TitleSize = 16;

    /// <summary>The size of axis labels and legends.</summary>
    public const float LabelSize = 13;

    /// <summary>The size of tick labels and captions: the smallest that is used.</summary>
    public const float SmallSize = 12;

    /// <summary>The colour of text.</summary>
    public static readonly SKColor Ink = new(0x22, 0x22, 0x22);

    /// <summary>Draws one line.</summary>
    public static void Draw(SKCanvas canvas, string text, float x, float y, float size, SKTextAlign align = SKTextAlign.Left, bool bold = false)
    {
        using SKFont font = Font(size, bold);
        using var paint = new SKPaint { Color = Ink, IsAntialias = true };
        canvas.DrawText(text, x - (AlignShare(align) * font.MeasureText(text)), y, SKTextAlign.Left, font, paint);
    }

    /// <summary>Draws one line that runs upwards, its middle at y.</summary>
    public static void DrawUpwards(SKCanvas canvas, string text, float x, float y, float size)
    {
        canvas.Save();
        canvas.Translate(x, y);
        canvas.RotateDegrees(-90);
        Draw(canvas, text, 0, 0, size, SKTextAlign.Center);
        canvas.Restore();
    }

    /// <summary>The width of one line.</summary>
    public static float Measure(string text, float size, bool bold = false)
    {
        using SKFont font = Font(size, bold);
        return font.MeasureText(text);
    }

    /// <summary>The text, cut in its middle to the width.</summary>
    public static string Fit(string text, float size, float width, bool bold = false)
    {
        if (Measure(text, size, bold) <= width)
        {
            return text;
        }

        for (int kept = text.Length - 1; kept > 1; kept--)
        {
            string cut = string.Concat(text.AsSpan(0, (kept + 1) / 2).TrimEnd(), "…", text.AsSpan(text.Length - (kept / 2)).TrimStart());
            if (Measure(cut, size, bold) <= width)
            {
                return cut;
            }
        }

        return "…";
    }

    /// <summary>The text in lines of at most this width, broken between words.</summary>
    public static IReadOnlyList<string> Wrap(string text, float size, float width)
    {
        var lines = new List<string>();
        string line = string.Empty;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Fit(word, size, width)))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && Measure(longer, size) > width)
            {
                lines.Add(line);
                longer = word;
            }

            line = longer;
        }

        if (line.Length > 0)
        {
            lines.Add(line);
        }

        return lines;
    }

    private static float AlignShare(SKTextAlign align) => align switch { SKTextAlign.Center => 0.5f, SKTextAlign.Right => 1, _ => 0 };

    private static SKFont Font(float size, bool bold) => new(bold ? PictureFonts.Bold : PictureFonts.Regular, size)
    {
        Subpixel = true, LinearMetrics = true, Hinting = SKFontHinting.None, Edging = SKFontEdging.Antialias,
    };
}
