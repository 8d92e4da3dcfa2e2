using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

public sealed class SizePlotTests
{
    private static readonly CondensationReport Small = SyntheticReports.Sized(SyntheticReports.Condensing(), 124_000_000);
    private static readonly CondensationReport Large = SyntheticReports.Sized(SyntheticReports.Dispersed(name: "gpt2-large"), 774_000_000);

    [Fact]
    public void TrendBySize_FamiliesInAnyOrder_AreLinesOverTheirSizes()
    {
        LineFigure figure = SizePlot.OfTrends([("GPT-2", [Large, Small]), ("another", [SyntheticReports.Sized(SyntheticReports.Condensing(name: "x"), 1_500_000_000, intervals: false)])]);

        Assert.Equal([Math.Log10(124e6), Math.Log10(774e6)], figure.Lines[0].Xs);
        Assert.Equal([Small.Profile.Trend.Spearman, Large.Profile.Trend.Spearman], figure.Lines[0].Ys);
        Assert.Equal(Large.Profile.Trend.Spearman - 0.05, figure.Lines[0].Band![1].Lower);
        Assert.Null(figure.Lines[1].Band);
        Assert.Equal(["124 M", "774 M", "1.5 B"], figure.X.Labels);
        Assert.Equal(new CondensationPicture(figure).ToPng(), CondensationPlots.TrendBySize([("GPT-2", [Large, Small]), ("another", [SyntheticReports.Sized(SyntheticReports.Condensing(name: "x"), 1_500_000_000, intervals: false)])]).ToPng());
    }

    [Fact]
    public void LastCosineBySize_KnownValues_AreDrawnWithTheirBars()
    {
        LineFigure figure = SizePlot.OfLastCosines([("GPT-2", [Small, Large])]);
        int height = figure.DefaultHeight(800);
        using SKBitmap bitmap = Samples.Decode(new CondensationPicture(figure).ToPng(800, height));
        SKRect inner = figure.Inner(800, height);
        double share = (Small.Layers[^1].Cosine.MeanCosine + 0.04 - figure.Y.Min) / (figure.Y.Max - figure.Y.Min);
        float x = inner.Left + (inner.Width * 0.02f / 1.04f), y = inner.Bottom - (inner.Height * (float)share);

        Assert.Contains(Enumerable.Range(-1, 3), offset => bitmap.GetPixel((int)x + offset, (int)y) == PictureColours.Category(0).ToSkia());
        Assert.Contains(FormattableString.Invariant($"{Small.Layers[^1].Cosine.MeanCosine:F2} at 124 M parameters"), figure.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void BySize_OneModel_IsDrawn() => Assert.Contains("124 M", Samples.Texts(CondensationPlots.TrendBySize([("GPT-2", [Small])])));

    [Fact]
    public void BySize_WithoutParametersOrReports_NamesWhatIsMissing()
    {
        Assert.Contains("'gpt2'", Assert.Throws<ArgumentException>(() => CondensationPlots.TrendBySize([("GPT-2", [SyntheticReports.Condensing()])])).Message, StringComparison.Ordinal);
        Assert.Contains("'empty'", Assert.Throws<ArgumentException>(() => CondensationPlots.LastCosineBySize([("empty", [])])).Message, StringComparison.Ordinal);
        Assert.Contains("0 families", Assert.Throws<ArgumentException>(() => CondensationPlots.LastCosineBySize([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextSources_OfOneModel_AreNamedByTheirTexts()
    {
        IReadOnlyList<string> texts = Samples.Texts(CondensationPlots.TextSources([("books", Small), ("reviews", SyntheticReports.Sized(SyntheticReports.Condensing(), 1))]));

        Assert.Contains(texts, text => text.StartsWith("books: Spearman ρ", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("reviews: Spearman ρ", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("gpt2: mean cosine", StringComparison.Ordinal));
        Assert.Contains("several models", Assert.Throws<ArgumentException>(() => CondensationPlots.TextSources([("a", Small), ("b", Large)])).Message, StringComparison.Ordinal);
    }
}
