using System.Globalization;
using System.Text;
using System.Xml.Linq;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>A picture that <see cref="CondensationPlots"/> or another part of this library made, drawn at the size that is asked for. Immutable and thread-safe; nothing needs to be disposed.</summary>
/// <remarks>Text is at least 12 pixels high at every width, in a typeface that is embedded in this assembly: no font has to be installed.</remarks>
public sealed class CondensationPicture
{
    /// <summary>The width, in pixels, that is used when none is asked for.</summary>
    public const int DefaultWidth = 800;

    private const int SmallestSide = 240;
    private const int GreatestSide = 16_384;

    private readonly Figure _figure;

    internal CondensationPicture(Figure figure) => _figure = figure;

    /// <summary>Gets a short name of what it shows, for headings and screen readers.</summary>
    public string Title => _figure.Title;

    /// <summary>Gets what it shows in words, for screen readers and alternative texts.</summary>
    public string Description => _figure.Description;

    /// <summary>Gets the height that suits a width, in pixels.</summary>
    /// <param name="width">The width in pixels, 240..16384.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is outside its range.</exception>
    public int HeightFor(int width = DefaultWidth) => _figure.DefaultHeight(Checked(width, nameof(width)));

    /// <summary>Draws it as a PNG file, 8 bits a channel, on white.</summary>
    /// <param name="width">Its width in pixels, 240..16384. Default 800.</param>
    /// <param name="height">Its height in pixels, 240..16384; null for <see cref="HeightFor"/>.</param>
    /// <param name="scale">Enlarges everything, text as well, for print or dense screens: the file has width × scale by height × scale pixels (rounded). 0.5..8, default 1.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is outside its range.</exception>
    public byte[] ToPng(int width = DefaultWidth, int? height = null, double scale = 1)
    {
        (int w, int h) = Size(width, height);
        if (!(scale is >= 0.5 and <= 8) || Math.Max(w, h) * scale > GreatestSide)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"The scale is {scale.ToString(CultureInfo.InvariantCulture)} for {w} × {h} pixels; it must be 0.5..8 and no side may exceed {GreatestSide} pixels.");
        }

        var info = new SKImageInfo((int)Math.Round(w * scale), (int)Math.Round(h * scale), SKColorType.Rgba8888, SKAlphaType.Premul);
        using SKSurface surface = SKSurface.Create(info) ?? throw new InvalidOperationException($"SkiaSharp could not make a picture of {info.Width} × {info.Height} pixels: there may not be enough memory.");
        surface.Canvas.Scale((float)scale);
        _figure.Draw(surface.Canvas, w, h);
        using SKImage image = surface.Snapshot();
        using SKData data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Draws it as an SVG document. Text stays text; where the embedded typeface is not installed, viewers use one of the same widths.</summary>
    /// <param name="width">Its width in CSS pixels, 240..16384. Default 800.</param>
    /// <param name="height">Its height in CSS pixels, 240..16384; null for <see cref="HeightFor"/>.</param>
    /// <returns>The document, with line feeds.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is outside its range.</exception>
    public string ToSvg(int width = DefaultWidth, int? height = null) => SvgDocument.ToText(SvgRoot(width, height, "picture"));

    /// <summary>Writes <see cref="ToPng"/> to a file, which appears whole or not at all; missing folders are made.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="width">Its width in pixels, 240..16384. Default 800.</param>
    /// <param name="height">Its height in pixels, 240..16384; null for <see cref="HeightFor"/>.</param>
    /// <param name="scale">As in <see cref="ToPng"/>.</param>
    /// <exception cref="ArgumentException">The path names no file, or a size is outside its range.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SavePng(string path, int width = DefaultWidth, int? height = null, double scale = 1) => WholeFile.Write(path, ToPng(width, height, scale));

    /// <summary>Writes <see cref="ToSvg"/> to a file in UTF-8, which appears whole or not at all; missing folders are made.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="width">Its width in CSS pixels, 240..16384. Default 800.</param>
    /// <param name="height">Its height in CSS pixels, 240..16384; null for <see cref="HeightFor"/>.</param>
    /// <exception cref="ArgumentException">The path names no file, or a size is outside its range.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveSvg(string path, int width = DefaultWidth, int? height = null) => WholeFile.Write(path, Encoding.UTF8.GetBytes(ToSvg(width, height)));

    /// <summary>The picture's SVG as part of a page, where every id begins with the prefix.</summary>
    internal string ToInlineSvg(string idPrefix) => SvgDocument.ToMarkup(SvgRoot(DefaultWidth, null, idPrefix));

    private XElement SvgRoot(int width, int? height, string idPrefix)
    {
        (int w, int h) = Size(width, height);
        return SvgDocument.Draw(w, h, canvas => _figure.Draw(canvas, w, h), Title, Description, idPrefix);
    }

    private (int Width, int Height) Size(int width, int? height)
    {
        int w = Checked(width, nameof(width));
        return (w, Checked(height ?? _figure.DefaultHeight(w), nameof(height)));
    }

    private static int Checked(int side, string name) => side is >= SmallestSide and <= GreatestSide ? side : throw new ArgumentOutOfRangeException(
        name, side, $"The {name} is {side} pixels; it must be {SmallestSide}..{GreatestSide}.");
}
