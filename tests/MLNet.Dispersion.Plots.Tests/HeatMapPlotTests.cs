using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

public sealed class HeatMapPlotTests
{
    private const int Width = 800;

    [Fact]
    public void HeatMap_OneBinPerLayer_IsBrightThereAndDarkElsewhere()
    {
        // Density 64 in one bin of each layer, 0 in the others; every layer has another bin.
        int[] bins = [8, 40, 70, 100, 124];
        HeatMapFigure figure = HeatMapPlot.OfReports([SyntheticReports.Bins(bins)]);
        int height = figure.DefaultHeight(Width);
        using SKBitmap bitmap = Draw(figure, height);
        SKRect inner = figure.Inner(0, Width, height);

        for (int layer = 0; layer < bins.Length; layer++)
        {
            // Off the column's middle, where the mean line runs.
            float x = inner.Left + (inner.Width * (layer + 0.15f) / bins.Length);
            Near(PictureColours.Sequence.GetColor(1).ToSkia(), At(bitmap, inner, x, CosineHistogram.Centre(bins[layer])));
            Near(PictureColours.Sequence.GetColor(0).ToSkia(), At(bitmap, inner, x, CosineHistogram.Centre((bins[layer] + 30) % 128)));
        }
    }

    [Fact]
    public void HeatMap_DensityFour_HasTheColourOfFourTenths()
    {
        HeatMapFigure figure = HeatMapPlot.OfReports([SyntheticReports.Plateau(firstBin: 10, bins: 16)]);
        int height = figure.DefaultHeight(Width);
        using SKBitmap bitmap = Draw(figure, height);
        SKRect inner = figure.Inner(0, Width, height);

        Near(PictureColours.Sequence.GetColor(0.4).ToSkia(), At(bitmap, inner, inner.Left + 20, CosineHistogram.Centre(12)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void ColourBar_Ends_AreThoseOfTheMap(int panels)
    {
        HeatMapFigure figure = HeatMapPlot.OfReports([.. Enumerable.Repeat(SyntheticReports.Condensing(), panels)]);
        int height = figure.DefaultHeight(Width);
        using SKBitmap bitmap = Draw(figure, height);
        SKRect bar = figure.Bar(Width, height);

        Near(PictureColours.Sequence.GetColor(1).ToSkia(), bitmap.GetPixel((int)bar.MidX, (int)bar.Top + 2), 6);
        Near(PictureColours.Sequence.GetColor(0).ToSkia(), bitmap.GetPixel((int)bar.MidX, (int)bar.Bottom - 3), 6);
        Near(PictureColours.Sequence.GetColor(0.5).ToSkia(), bitmap.GetPixel((int)bar.MidX, (int)bar.MidY), 6);
    }

    [Fact]
    public void HeatMaps_Several_ShareOneBarAndNameEachModel()
    {
        IReadOnlyList<string> texts = Samples.Texts(CondensationPlots.HeatMaps([SyntheticReports.Condensing(), SyntheticReports.Dispersed()]));

        Assert.Single(texts, "density");
        Assert.Single(texts, "≥ 10");
        Assert.Single(texts, "gpt2");
        Assert.Single(texts, "gpt2 with dispersion");
        Assert.Equal(2, texts.Count(text => text == "layer fraction"));
        Assert.Single(texts, "cosine similarity");
        Assert.Contains(texts, text => text.StartsWith("100 texts, 51,200 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void HeatMaps_ManyPanels_DoNotOverlap()
    {
        for (int count = 1; count <= HeatMapPlot.MostPanels; count++)
        {
            HeatMapFigure figure = HeatMapPlot.OfReports([.. Enumerable.Repeat(SyntheticReports.Condensing(5), count)]);
            int height = figure.DefaultHeight(Width);
            SKRect[] panels = [.. Enumerable.Range(0, count).Select(i => figure.Inner(i, Width, height))];

            Assert.All(panels, panel => Assert.True(panel is { Width: > 150, Height: > 150 } && panel.Left > 60 && panel.Right < figure.Bar(Width, height).Left && panel.Bottom < height - 40, $"{count} panels: {panel}"));
            Assert.All(panels.SelectMany((a, i) => panels[..i].Select(b => (a, b))), pair => Assert.False(pair.a.IntersectsWith(pair.b)));
        }
    }

    [Fact]
    public void HeatMap_WithoutHistograms_NamesTheOption()
    {
        var e = Assert.Throws<ArgumentException>(() => CondensationPlots.HeatMap(SyntheticReports.Condensing(histograms: false)));

        Assert.Contains("CondensationReportOptions.Histograms", e.Message, StringComparison.Ordinal);
        Assert.Contains("gpt2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DynamicsHeatMaps_LongHistory_ShowsBothEndsAndMomentsBetween()
    {
        IReadOnlyList<string> texts = Samples.Texts(CondensationPlots.DynamicsHeatMaps(SyntheticReports.History(true, moments: 16)));

        Assert.All(["step 0", "step 500", "step 1,000", "step 1,500"], step => Assert.Single(texts, step));
        var e = Assert.Throws<ArgumentException>(() => CondensationPlots.DynamicsHeatMaps(SyntheticReports.History(true, histograms: false)));
        Assert.Contains("GeometryProbeOptions.Histograms", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void HeatMaps_NoneOrTooMany_SaysHowMany(int count)
    {
        var e = Assert.Throws<ArgumentException>(() => CondensationPlots.HeatMaps([.. Enumerable.Repeat(SyntheticReports.Condensing(2), count)]));

        Assert.Contains("1..12", e.Message, StringComparison.Ordinal);
    }

    private static SKBitmap Draw(HeatMapFigure figure, int height) => Samples.Decode(new CondensationPicture(figure).ToPng(Width, height));

    private static SKColor At(SKBitmap bitmap, SKRect inner, float x, double cosine) =>
        bitmap.GetPixel((int)x, (int)(inner.Bottom - (inner.Height * (cosine + 1) / 2)));

    private static void Near(SKColor expected, SKColor actual, int tolerance = 2)
    {
        Assert.InRange(actual.Red, expected.Red - tolerance, expected.Red + tolerance);
        Assert.InRange(actual.Green, expected.Green - tolerance, expected.Green + tolerance);
        Assert.InRange(actual.Blue, expected.Blue - tolerance, expected.Blue + tolerance);
    }
}
