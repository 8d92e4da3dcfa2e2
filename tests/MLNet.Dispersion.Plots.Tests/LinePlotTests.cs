using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

public sealed class LinePlotTests
{
    [Fact]
    public void Trend_TwoModels_LegendGivesBothCorrelations()
    {
        CondensationReport report = SyntheticReports.Condensing();
        IReadOnlyList<string> texts = Samples.Texts(CondensationPlots.Trend([report, SyntheticReports.Dispersed()]));

        string expected = FormattableString.Invariant($"gpt2: Spearman ρ +{report.Profile.Trend.Spearman:F2}, Kendall τ-b +{report.Profile.Trend.KendallTauB:F2}");
        Assert.Contains(expected, texts);
        Assert.Contains(texts, text => text.StartsWith("gpt2 with dispersion: Spearman ρ −", StringComparison.Ordinal));
        Assert.Contains("mean cosine (diagonal included)", texts);
        Assert.Contains("mean cosine (different tokens)", Samples.Texts(CondensationPlots.Trend([report], offDiagonal: true)));
    }

    [Fact]
    public void Trend_KnownValues_AreDrawnInTheirPlaces()
    {
        CondensationReport report = SyntheticReports.Condensing(4);
        LineFigure figure = TrendPlot.Of([report], GeometryMeasure.MeanCosine);
        int height = figure.DefaultHeight(800);
        using SKBitmap bitmap = Samples.Decode(new CondensationPicture(figure).ToPng(800, height));
        SKRect inner = figure.Inner(800, height);

        foreach (LayerReport layer in report.Layers)
        {
            double share = (layer.Cosine.MeanCosine - figure.Y.Min) / (figure.Y.Max - figure.Y.Min);
            float x = inner.Left + (inner.Width * (float)((layer.Fraction + 0.02) / 1.04));
            SKColor colour = bitmap.GetPixel((int)x, (int)(inner.Bottom - (inner.Height * (float)share)));
            Assert.Equal(PictureColours.Category(0).ToSkia(), colour);
        }
    }

    [Fact]
    public void Lines_MostInOnePicture_DifferInColourOrMarkerAndTheFirstFiveInBoth()
    {
        var styles = Enumerable.Range(0, TrendPlot.MostLines).Select(i => (Colour: PictureColours.Category(i).ToHex(), Marker: PictureColours.Marker(i))).ToArray();

        Assert.Equal(styles.Length, styles.Distinct().Count());
        Assert.Equal(5, styles.Take(5).Select(style => style.Colour).Distinct().Count());
        Assert.Equal(5, styles.Take(5).Select(style => style.Marker).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(AllMeasures))]
    public void Measure_Each_NamesItsUnit(GeometryMeasure measure)
    {
        IReadOnlyList<string> texts = Samples.Texts(CondensationPlots.Measure([SyntheticReports.Condensing()], measure));

        Assert.Contains(measure.AxisLabel(), texts);
        Assert.True(measure.IsCosine() || measure.AxisLabel().Contains(measure.Unit(), StringComparison.Ordinal));
    }

    [Fact]
    public void Lines_OfOnesOwn_AreNamedAndDrawn()
    {
        var chart = new LineChart
        {
            Title = "Loss by rate",
            Description = "The loss of each trial over its learning rate.",
            XLabel = "learning rate (logarithmic)",
            YLabel = "loss",
            X = ChartAxis.Decades(-5, -2),
            Y = ChartAxis.Covering(0.2, 0.9),
            Lines = [new ChartLine { Name = "trials", Xs = [-5, -5, -3.5, -3.5, -2, -2], Ys = [0.9, double.NaN, 0.2, double.NaN, 0.6, double.NaN] }],
            Notes = ["One seed."],
        };
        CondensationPicture picture = CondensationPlots.Lines(chart);
        IReadOnlyList<string> texts = Samples.Texts(picture);

        Assert.Equal(("Loss by rate", "The loss of each trial over its learning rate. One seed."), (picture.Title, picture.Description));
        Assert.All(["Loss by rate", "learning rate (logarithmic)", "loss", "trials", "One seed.", "0.01", "10⁻⁵"], text => Assert.Contains(text, texts));
        Assert.Contains("a", Samples.Texts(CondensationPlots.Lines(chart with { X = ChartAxis.At([-5, -2], ["a", "b"]) })));
        Assert.Throws<ArgumentException>(() => CondensationPlots.Lines(chart with { Lines = [] }));
        Assert.Throws<ArgumentException>(() => CondensationPlots.Lines(chart with { Lines = [chart.Lines[0] with { Ys = [1] }] }));
        Assert.Throws<ArgumentException>(() => ChartAxis.At([1, 2], ["a"]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.Covering(0, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.Decades(1, 0));
    }

    public static TheoryData<GeometryMeasure> AllMeasures() => [.. GeometryMeasures.All];

    [Fact]
    public void Measure_LayerWithoutAValue_IsLeftOutWithANote()
    {
        CondensationReport report = SyntheticReports.With(SyntheticReports.Condensing(), GeometryMeasure.StableRank, (layer, value) => layer is 3 or 7 ? double.NaN : value);
        LineFigure figure = TrendPlot.Of([report], GeometryMeasure.StableRank);

        Assert.Equal([3, 3, 5], figure.Lines[0].Runs().Select(run => run.Length));
        Assert.Contains(Samples.Texts(new CondensationPicture(figure)), text => text.Contains("no finite value for layer 3, 7", StringComparison.Ordinal));
    }

    [Fact]
    public void Measure_WithoutSpectra_NamesTheOption()
    {
        CondensationReport report = SyntheticReports.Condensing(spectra: false);

        Assert.Contains("CondensationReportOptions.SpectrumTexts", Assert.Throws<ArgumentException>(() => CondensationPlots.Measure([report], GeometryMeasure.EffectiveRank)).Message, StringComparison.Ordinal);
        Assert.Contains("CondensationReportOptions.SpectrumTexts", Assert.Throws<ArgumentException>(() => CondensationPlots.Spectra(report)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spectra_TinyValues_AreCutWithANote()
    {
        CondensationReport report = SyntheticReports.Condensing(2);
        LayerReport odd = report.Layers[1] with { Spectrum = [1, 0.1, 1e-17, 0] };
        var changed = new CondensationReport(report.Model, report.Measured, SyntheticReports.Sampling(4), report.Profile, [report.Layers[0], odd, report.Layers[2]]);
        LineFigure figure = SpectrumPlot.Of(changed);

        Assert.Equal(2, figure.Lines[1].Finite.Count());
        Assert.Contains(figure.Notes, note => note.Contains("10⁻⁶", StringComparison.Ordinal));
        Assert.All(figure.Lines, line => Assert.Equal(0, line.Ys[0]));
    }

    [Fact]
    public void Dynamics_SnapshotsOutOfOrder_AreDrawnByStep()
    {
        IReadOnlyList<GeometrySnapshot> history = SyntheticReports.History(true);
        LineFigure figure = DynamicsPlot.OfLayers([.. history.Reverse()]);

        Assert.Equal(history[0].Profile.Layers.Count, figure.Lines.Count);
        Assert.Equal(history.Select(moment => (double)moment.Step), figure.Lines[0].Xs);
        Assert.Equal(history.Select(moment => moment.Profile.Layers[^1].MeanCosine), figure.Lines[^1].Ys);
        Assert.Equal(1, figure.Lines[^1].Order);
    }

    [Fact]
    public void Dynamics_OneSnapshotOneLayer_IsDrawn()
    {
        CondensationPicture picture = CondensationPlots.Dynamics(SyntheticReports.History(true, blocks: 1, moments: 1));

        Assert.NotEmpty(picture.ToPng());
        Assert.NotEmpty(picture.ToSvg());
    }

    [Fact]
    public void Dynamics_NothingOrDifferentModels_SaysSo()
    {
        IReadOnlyList<GeometrySnapshot> none = [];
        IReadOnlyList<GeometrySnapshot> mixed = [.. SyntheticReports.History(true, blocks: 3), .. SyntheticReports.History(true, blocks: 4)];

        Assert.Contains("GeometryProbe", Assert.Throws<ArgumentException>(() => CondensationPlots.Dynamics(none)).Message, StringComparison.Ordinal);
        Assert.Contains("'x'", Assert.Throws<ArgumentException>(() => CondensationPlots.Dynamics([("x", none)])).Message, StringComparison.Ordinal);
        Assert.Contains("numbers of layers", Assert.Throws<ArgumentException>(() => CondensationPlots.Dynamics(mixed)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\u0000b\u202ec\ntail", "a bc tail")]
    [InlineData("通义", "��")]
    [InlineData(" \t ", "(no name)")]
    public void Name_HostileText_CanBeDrawn(string name, string drawn)
    {
        Assert.Equal(drawn, SafeText.Name(name));
        Assert.Contains(Samples.Texts(CondensationPlots.HeatMap(SyntheticReports.Condensing(2, name))), text => text == drawn);
    }

    [Fact]
    public void Name_HalfACharacter_IsReplaced() => Assert.Equal("�x", SafeText.Name("\ud800x"));

    [Fact]
    public void Name_VeryLong_IsCutInItsMiddle()
    {
        CondensationPicture picture = CondensationPlots.Trend([SyntheticReports.Condensing(2, new string('m', 5000) + "end")]);

        Assert.Contains(Samples.Texts(picture), text => text.Contains('…'));
        Assert.True(picture.HeightFor() < 800);
    }
}
