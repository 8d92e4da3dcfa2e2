using System.Xml.Linq;
using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

public sealed class CondensationPictureTests
{
    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4E, 0x47];

    [Theory]
    [MemberData(nameof(Samples.Pictures), MemberType = typeof(Samples))]
    public void ToPng_EveryKind_HasTheDefaultSizeAndManyColours(string name)
    {
        CondensationPicture picture = Samples.Picture(name);
        using SKBitmap bitmap = Samples.Decode(picture.ToPng());

        Assert.Equal((CondensationPicture.DefaultWidth, picture.HeightFor()), (bitmap.Width, bitmap.Height));
        Assert.True(bitmap.Pixels.Distinct().Count() > 50);
        Assert.Equal(SKColors.White, bitmap.GetPixel(1, 1));
        Assert.Equal(SKColors.White, bitmap.GetPixel(bitmap.Width - 2, bitmap.Height - 2));
    }

    [Theory]
    [InlineData(640, 480, 1.0, 640, 480)]
    [InlineData(1200, 700, 2.0, 2400, 1400)]
    [InlineData(240, 240, 0.5, 120, 120)]
    public void ToPng_AskedForSize_HasIt(int width, int height, double scale, int pixelWidth, int pixelHeight)
    {
        using SKBitmap bitmap = Samples.Decode(Samples.Picture("trend").ToPng(width, height, scale));

        Assert.Equal((pixelWidth, pixelHeight), (bitmap.Width, bitmap.Height));
    }

    [Theory]
    [InlineData(239, 400, 1.0, "width")]
    [InlineData(800, 20_000, 1.0, "height")]
    [InlineData(800, 400, 0.1, "scale")]
    [InlineData(800, 400, double.NaN, "scale")]
    [InlineData(8000, 400, 4.0, "scale")]
    public void ToPng_ImpossibleSize_SaysWhich(int width, int height, double scale, string parameter)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Picture("trend").ToPng(width, height, scale));

        Assert.Equal(parameter, e.ParamName);
        Assert.Contains("must be", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Samples.Pictures), MemberType = typeof(Samples))]
    public void ToSvg_EveryKind_IsNamedAndItsReferencesResolve(string name)
    {
        CondensationPicture picture = Samples.Picture(name);
        XElement root = Samples.Svg(picture);
        string[] ids = [.. root.DescendantsAndSelf().Attributes("id").Select(id => id.Value)];
        string[] used =
        [
            .. root.Descendants().Attributes("clip-path").Select(value => value.Value[5..^1]),
            .. root.Descendants().Attributes(XName.Get("href", "http://www.w3.org/1999/xlink")).Where(value => value.Value.StartsWith('#')).Select(value => value.Value[1..]),
            .. ((string)root.Attribute("aria-labelledby")!).Split(' '),
        ];

        Assert.Equal($"0 0 800 {picture.HeightFor()}", (string)root.Attribute("viewBox")!);
        Assert.Equal(picture.Title, root.Element(Samples.Name("title"))!.Value);
        Assert.Equal(picture.Description, root.Element(Samples.Name("desc"))!.Value);
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(used, id => Assert.Contains(id, ids));
        Assert.DoesNotContain(root.DescendantsAndSelf().Attributes(), attribute => attribute.Name == "style" || attribute.Value.EndsWith(", ", StringComparison.Ordinal));
    }

    [Fact]
    public void ToSvg_Text_IsWrittenOnce()
    {
        string[] captions = [.. Samples.Texts(Samples.Picture("trend")).Where(text => text.Contains("layer fraction", StringComparison.Ordinal) || text == "0.6")];

        // One tick at 0.6 on each axis.
        Assert.Equal(3, captions.Length);
    }

    [Fact]
    public void ToSvg_Twice_IsTheSame() => Assert.Equal(Samples.Picture("heat maps").ToSvg(), Samples.Picture("heat maps").ToSvg());

    [Fact]
    public void ToSvg_FromManyThreads_IsTheSame()
    {
        CondensationPicture picture = Samples.Picture("trend");
        string[] drawn = [.. Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(4).Select(_ => picture.ToSvg())];

        Assert.Single(drawn.Distinct());
    }

    [Fact]
    public void Save_NewFolder_HoldsTheFilesAndNothingElse()
    {
        string folder = Directory.CreateTempSubdirectory("plots-").FullName;
        try
        {
            CondensationPicture picture = Samples.Picture("trend");
            picture.SavePng(Path.Combine(folder, "deep", "a.png"));
            picture.SavePng(Path.Combine(folder, "deep", "a.png"), 400);
            picture.SaveSvg(Path.Combine(folder, "deep", "a.svg"));

            Assert.Equal(["a.png", "a.svg"], Directory.GetFiles(Path.Combine(folder, "deep")).Select(Path.GetFileName).Order());
            Assert.Equal(PngSignature, File.ReadAllBytes(Path.Combine(folder, "deep", "a.png"))[..4]);
            Assert.Equal(picture.ToSvg(), File.ReadAllText(Path.Combine(folder, "deep", "a.svg")));
            Assert.Contains("file name", Assert.Throws<ArgumentException>(() => picture.SavePng(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
