using System.Text.Json;

namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>From a checkpoint and texts to the reference's figures: the reference's token ids come out of a tokenizer that knows its texts.</summary>
public class CondensationReportGoldenTests
{
    [SkippableFact]
    public void Measure_Gpt2OnTwoTexts_MatchesTheAveragedFigures()
    {
        (CondensationReport report, GoldenTexts golden) = Measure("gpt2_tiny", "condensation");
        JsonElement expected = golden.Golden.GetProperty("averaged_over_sequences");
        AssertClose(expected.GetProperty("mean_cosine_full_matrix"), report.Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine]), 1e-5);
        AssertClose(expected.GetProperty("mean_cossim_last_n"), report.Profile.LastLayersMeans, 1e-5);
        Assert.Equal(expected.GetProperty("spearman").GetDouble(), report.Profile.Trend.Spearman, 1e-12);
        Assert.Equal(expected.GetProperty("kendall_tau_b").GetDouble(), report.Profile.Trend.KendallTauB, 1e-12);
        Assert.Equal((2, 80L, 40, CosineAveraging.Elementwise), (report.Profile.Texts, report.Profile.Tokens, report.Profile.TokensPerText, report.Profile.Averaging));
        foreach ((int i, JsonElement density) in expected.GetProperty("histogram_density").EnumerateArray().Index())
        {
            double entries = 40 * 40 * CosineHistogram.BinWidth;
            AssertCounts(density.Deserialize<double[]>()!.Select(value => value * entries), report.Layers[i].Cosine.Elementwise!.Histogram!);
        }
    }

    [SkippableTheory]
    [InlineData("gpt2_tiny", "condensation")]
    [InlineData("stories260k", "stories260k/condensation")]
    public void Measure_Texts_MatchesEveryMeasureMeanedOverThem(string model, string folder)
    {
        (CondensationReport report, GoldenTexts golden) = Measure(model, folder);
        JsonElement[][] texts = [.. golden.Texts.Select(text => text.Value.GetProperty("layers").EnumerateArray().ToArray())];
        Assert.Equal(texts.Length, report.SpectrumTexts);
        foreach ((int i, LayerReport layer) in report.Layers.Index())
        {
            double Mean(Func<JsonElement, double> figure) => texts.Average(text => figure(text[i]));
            double Geometry(string name) => Mean(text => text.GetProperty("geometry").GetProperty(name).GetDouble());
            double Raw(string name) => Mean(text => text.GetProperty("geometry").GetProperty("uncentered").GetProperty(name).GetDouble());
            AssertFigure(Mean(text => text.GetProperty("mean_cosine_full_matrix").GetDouble()), layer, GeometryMeasure.MeanCosine);
            AssertFigure(Mean(text => text.GetProperty("mean_cosine_offdiag").GetDouble()), layer, GeometryMeasure.MeanCosineOffDiagonal);
            AssertFigure(Geometry("ref_singular_value_entropy_bits"), layer, GeometryMeasure.SingularValueEntropy);
            AssertFigure(Raw("effective_rank"), layer, GeometryMeasure.EffectiveRank);
            AssertFigure(Geometry("ref_maximum_explainable_variance"), layer, GeometryMeasure.MaximumExplainableVariance);
            AssertFigure(Raw("participation_ratio"), layer, GeometryMeasure.ParticipationRatio);
            AssertFigure(Raw("stable_rank"), layer, GeometryMeasure.StableRank);
            AssertFigure(Geometry("ref_hfc_lfc_ratio"), layer, GeometryMeasure.HighToLowFrequencyRatio);
            AssertFigure(Mean(text => text.GetProperty("ref_log_hfc_frobenius").GetDouble()), layer, GeometryMeasure.HighFrequencyGrowth);
            AssertFigure(Geometry("mean_norm"), layer, GeometryMeasure.MeanNorm);
            double[][] spectra = [.. texts.Select(text => text[i].GetProperty("geometry").GetProperty("uncentered").GetProperty("singular_values").Deserialize<double[]>()!)];
            Assert.Equal(spectra[0].Length, layer.Spectrum.Count);
            Assert.All(layer.Spectrum.Index(), value => Assert.Equal(spectra.Average(s => s[value.Index] / s[0]), value.Item, 1e-5));
        }
    }

    [SkippableFact]
    public void Measure_TrainedModelOnItsStory_MatchesHistogramsAndTrend()
    {
        (CondensationReport report, GoldenTexts golden) = Measure("stories260k", "stories260k/condensation");
        JsonElement story = golden.Golden.GetProperty("sequences").GetProperty("story");
        foreach ((int i, JsonElement layer) in story.GetProperty("layers").EnumerateArray().Index())
        {
            double[] counts = layer.GetProperty("histogram_counts").Deserialize<double[]>()!;
            AssertCounts(counts, report.Layers[i].Cosine.Pooled.Histogram!);
            AssertCounts(counts, report.Layers[i].Cosine.Elementwise!.Histogram!);
        }

        Assert.Equal(story.GetProperty("trend_full_matrix_mean").GetProperty("spearman").GetDouble(), report.Profile.Trend.Spearman, 1e-12);
        Assert.Equal(story.GetProperty("trend_offdiag_mean").GetProperty("kendall_tau_b").GetDouble(), report.Profile.OffDiagonalTrend.KendallTauB, 1e-12);
        AssertClose(story.GetProperty("mean_cossim_last_n"), report.Profile.LastLayersMeans, 1e-5);
    }

    private static (CondensationReport Report, GoldenTexts Golden) Measure(string model, string folder)
    {
        var golden = new GoldenTexts(folder);
        var texts = golden.Texts.ToDictionary(text => text.Name, text => golden.Ids(text.Name));
        using var network = new PretrainedLanguageModel(model, BackboneRegistry.Load(new DirectorySource(SharedFixtures.Fixture(model))), new KnownTextsTokenizer(texts));
        return (CondensationReport.Measure(network, texts.Keys), golden);
    }

    private static void AssertClose(JsonElement expected, IEnumerable<double> actual, double tolerance)
    {
        double[] values = expected.Deserialize<double[]>()!;
        Assert.Equal(values.Length, actual.Count());
        Assert.All(values.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    /// <summary>Hidden states are float32 and agree to about 1e-6 with the reference's, so figures of them do to 1e-5, relative.</summary>
    private static void AssertFigure(double expected, LayerReport layer, GeometryMeasure measure) =>
        Assert.True(Math.Abs(expected - layer.Measures[measure]) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"layer {layer.Name}, {measure}: expected {expected}, got {layer.Measures[measure]}");

    /// <summary>One or two pairs next to a bin's edge may fall on either side of it; each pair is two entries.</summary>
    private static void AssertCounts(IEnumerable<double> expected, CosineHistogram actual)
    {
        Assert.Equal(expected.Sum(), actual.Total, 1e-6);
        Assert.All(expected.Zip(actual.Counts), pair => Assert.InRange(pair.Second - pair.First, -4.5, 4.5));
    }
}
