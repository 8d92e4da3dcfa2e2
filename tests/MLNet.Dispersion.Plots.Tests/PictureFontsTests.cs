using System.Xml.Linq;
using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

/// <summary>Text is drawn in the embedded typeface, which needs no font on the machine.</summary>
public sealed class PictureFontsTests
{
    private const string Needed = "ρτ≥−–…⁻⁶³±×→Éłőžαω�0123456789";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Typeface_CharactersOfPictures_HaveGlyphs(bool bold)
    {
        SKTypeface face = bold ? PictureFonts.Bold : PictureFonts.Regular;

        Assert.Equal(PictureFonts.Family, face.FamilyName);
        Assert.Equal(bold, face.IsBold);
        Assert.All(Needed.EnumerateRunes(), rune => Assert.True(face.ContainsGlyph(rune.Value), $"no glyph for {rune} (U+{rune.Value:X4})"));
    }

    [Theory]
    [InlineData(FontWeight.Normal, false)]
    [InlineData(FontWeight.Bold, true)]
    public void PlottingLibrary_AskedForTheFamily_GetsTheEmbeddedFace(FontWeight weight, bool bold)
    {
        PictureFonts.EnsureRegistered();
        SKTypeface face = Fonts.GetTypeface(PictureFonts.Family, weight, FontSlant.Upright, FontSpacing.Normal);

        Assert.Same(bold ? PictureFonts.Bold : PictureFonts.Regular, face);
        Assert.NotEqual(PictureFonts.Family, Fonts.Default);
    }

    [Theory]
    [MemberData(nameof(Samples.Pictures), MemberType = typeof(Samples))]
    public void ToSvg_EveryText_AsksForTheEmbeddedFamilyAtTwelvePixelsOrMore(string picture)
    {
        XElement[] texts = [.. Samples.Svg(Samples.Picture(picture)).Descendants(Samples.Name("text"))];

        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.StartsWith(PictureFonts.Family + ",", (string)text.Attribute("font-family")!, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.InRange((double)text.Attribute("font-size")!, 12, 20));
    }

    [Fact]
    public void Draw_Text_MarksTheCanvasInsideItsMeasuredWidth()
    {
        using var bitmap = new SKBitmap(300, 40);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        TextPainter.Draw(canvas, "Spearman ρ", 20, 30, TextPainter.LabelSize);
        int[] marked = [.. Enumerable.Range(0, bitmap.Width).Where(x => Enumerable.Range(0, bitmap.Height).Any(y => bitmap.GetPixel(x, y).Red < 128))];

        Assert.True(marked.Length > 40);
        Assert.InRange(marked[0], 20, 23);
        Assert.InRange(marked[^1], 20 + TextPainter.Measure("Spearman ρ", TextPainter.LabelSize) - 4, 20 + TextPainter.Measure("Spearman ρ", TextPainter.LabelSize) + 1);
    }

    [Fact]
    public void Files_Names_AvoidThoseThatTheLicenceKeeps()
    {
        Assert.All(new[] { PictureFonts.Regular, PictureFonts.Bold }, face => Assert.DoesNotMatch("(?i)vera|bitstream|arev|bah|dejavu", face.FamilyName));
        Assert.Contains(Samples.ResourceNames, name => name == "Fonts/DispersionSans.ttf");
    }
}
