using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class CondensationGoldenTests
{
    [SkippableTheory]
    [InlineData("condensation")]
    [InlineData("stories260k/condensation")]
    public void Accumulator_EachReferenceText_MatchesEveryFigure(string folder)
    {
        using var scope = NewDisposeScope();
        (JsonElement golden, GoldenTensors tensors) = Load(folder);
        foreach (JsonProperty text in golden.GetProperty("sequences").EnumerateObject())
        {
            using var accumulator = new CondensationAccumulator();
            accumulator.Add(HiddenStates(tensors, text));
            CondensationProfile profile = accumulator.ToProfile();
            foreach (JsonElement expected in text.Value.GetProperty("layers").EnumerateArray())
            {
                LayerGeometry layer = profile.Layers[expected.GetProperty("hidden_state").GetInt32()];
                Assert.Equal(expected.GetProperty("mean_cosine_full_matrix").GetDouble(), layer.MeanCosine, 1e-6);
                Assert.Equal(expected.GetProperty("mean_cosine_offdiag").GetDouble(), layer.MeanCosineOffDiagonal, 1e-6);
                AssertCounts(expected.GetProperty("histogram_counts").Deserialize<double[]>()!, layer.Pooled.Histogram!);
                AssertCounts(expected.GetProperty("histogram_counts").Deserialize<double[]>()!, layer.Elementwise!.Histogram!);
            }

            AssertTrend(text.Value.GetProperty("trend_full_matrix_mean"), profile.Trend);
            AssertTrend(text.Value.GetProperty("trend_offdiag_mean"), profile.OffDiagonalTrend);
            AssertClose(text.Value.GetProperty("mean_cossim_last_n"), profile.LastLayersMeans, 1e-6);
            Assert.Equal(text.Value.GetProperty("n_tokens").GetInt32(), profile.TokensPerText);
        }
    }

    [SkippableFact]
    public void Accumulator_TwoReferenceTexts_MatchTheAveragedFigures()
    {
        using var scope = NewDisposeScope();
        (JsonElement golden, GoldenTensors tensors) = Load("condensation");
        using var accumulator = new CondensationAccumulator();
        foreach (JsonProperty text in golden.GetProperty("sequences").EnumerateObject())
        {
            accumulator.Add(HiddenStates(tensors, text));
        }

        CondensationProfile profile = accumulator.ToProfile();
        JsonElement averaged = golden.GetProperty("averaged_over_sequences");
        Assert.Equal(CosineAveraging.Elementwise, profile.Averaging);
        AssertClose(averaged.GetProperty("mean_cosine_full_matrix"), [.. profile.Layers.Select(l => l.MeanCosine)], 1e-6);
        AssertClose(averaged.GetProperty("mean_cossim_last_n"), profile.LastLayersMeans, 1e-6);
        AssertTrend(averaged, profile.Trend);
        foreach ((int i, JsonElement density) in averaged.GetProperty("histogram_density").EnumerateArray().Index())
        {
            double entries = 40 * 40 * CosineHistogram.BinWidth;
            AssertCounts([.. density.Deserialize<double[]>()!.Select(d => d * entries)], profile.Layers[i].Elementwise!.Histogram!);
        }
    }

    [SkippableTheory]
    [InlineData("condensation")]
    [InlineData("stories260k/condensation")]
    public void Matrix_ReferenceHiddenStates_MatchesEntryByEntry(string folder)
    {
        using var scope = NewDisposeScope();
        (JsonElement golden, GoldenTensors tensors) = Load(folder);
        foreach (JsonProperty text in golden.GetProperty("sequences").EnumerateObject())
        {
            foreach ((int i, Tensor states) in HiddenStates(tensors, text).Index())
            {
                Tensor difference = CosineGeometry.Matrix(states) - tensors.Tensor($"{text.Name}.cosine.{i}");
                Assert.InRange(difference.abs().max().item<float>(), 0, 2e-6f);
            }
        }
    }

    [SkippableTheory]
    [InlineData("condensation")]
    [InlineData("stories260k/condensation")]
    public void Spectrum_ReferenceHiddenStates_MatchesEveryMeasure(string folder)
    {
        using var scope = NewDisposeScope();
        (JsonElement golden, GoldenTensors tensors) = Load(folder);
        foreach (JsonProperty text in golden.GetProperty("sequences").EnumerateObject())
        {
            TokenMatrixSpectrum[] spectra = [.. HiddenStates(tensors, text).Select(TokenMatrixSpectrum.Measure)];
            foreach (JsonElement layer in text.Value.GetProperty("layers").EnumerateArray())
            {
                TokenMatrixSpectrum spectrum = spectra[layer.GetProperty("hidden_state").GetInt32()];
                JsonElement expected = layer.GetProperty("geometry");
                AssertSpectrum(expected.GetProperty("uncentered"), spectrum.Raw);
                AssertSpectrum(expected.GetProperty("centered"), spectrum.Centred);
                AssertFigure(expected, "mean_norm", spectrum.MeanNorm);
                AssertFigure(expected, "mean_direction_norm", spectrum.MeanDirectionNorm);
                AssertFigure(expected, "ref_singular_value_entropy_bits", spectrum.Raw.EntropyBits);
                AssertFigure(expected, "ref_maximum_explainable_variance", spectrum.Raw.MaximumExplainableVariance);
                AssertFigure(expected, "ref_hfc_lfc_ratio", spectrum.HighToLowFrequencyRatio);
                AssertFigure(layer, "ref_log_hfc_frobenius", spectrum.LogHighFrequencyGrowth(spectra[0]));
            }
        }
    }

    private static (JsonElement Golden, GoldenTensors Tensors) Load(string folder) =>
        (JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(folder, "condensation.json"))).RootElement, new GoldenTensors(SharedFixtures.Fixture(folder, "condensation.safetensors")));

    /// <summary>The text's hidden states; the trained model keeps those of its one text beside its other expected tensors.</summary>
    private static Tensor[] HiddenStates(GoldenTensors tensors, JsonProperty text)
    {
        int count = text.Value.GetProperty("n_hidden_states").GetInt32();
        if (text.Name != "story")
        {
            return [.. Enumerable.Range(0, count).Select(i => tensors.Tensor($"{text.Name}.hidden.{i}"))];
        }

        var states = new GoldenTensors(SharedFixtures.Fixture("stories260k", "expected.safetensors"));
        Assert.Equal(tensors.Longs("story.input_ids"), states.Longs("input_ids"));
        return [.. Enumerable.Range(0, count).Select(i => states.Tensor($"hidden_states.{i}").squeeze(0))];
    }

    /// <summary>A pair next to a bin's edge may fall on either side of it; each pair is two entries.</summary>
    private static void AssertCounts(double[] expected, CosineHistogram actual)
    {
        Assert.Equal(expected.Sum(), actual.Total, 1e-6);
        for (int bin = 0; bin < expected.Length; bin++)
        {
            Assert.True(Math.Abs(expected[bin] - actual.Counts[bin]) < 4.5, $"bin {bin}: expected {expected[bin]}, got {actual.Counts[bin]}");
        }
    }

    private static void AssertTrend(JsonElement expected, CondensationTrend actual)
    {
        Assert.Equal(expected.GetProperty("spearman").GetDouble(), actual.Spearman, 1e-12);
        Assert.Equal(expected.GetProperty("kendall_tau_b").GetDouble(), actual.KendallTauB, 1e-12);
    }

    private static void AssertClose(JsonElement expected, IReadOnlyList<double> actual, double tolerance)
    {
        double[] values = expected.Deserialize<double[]>()!;
        Assert.Equal(values.Length, actual.Count);
        Assert.All(values.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private static void AssertSpectrum(JsonElement expected, SingularSpectrum actual)
    {
        AssertFigure(expected, "effective_rank", actual.EffectiveRank);
        AssertFigure(expected, "participation_ratio", actual.ParticipationRatio);
        AssertFigure(expected, "top1_singular_share", actual.TopSingularShare);
        AssertFigure(expected, "top1_variance_share", actual.MaximumExplainableVariance);
        AssertFigure(expected, "stable_rank", actual.StableRank);
        AssertClose(expected.GetProperty("singular_values"), actual.SingularValues, 1e-8);
    }

    private static void AssertFigure(JsonElement expected, string name, double actual)
    {
        double value = expected.GetProperty(name).GetDouble();
        Assert.True(Math.Abs(value - actual) <= 1e-9 * Math.Max(1, Math.Abs(value)), $"{name}: expected {value}, got {actual}");
    }
}
