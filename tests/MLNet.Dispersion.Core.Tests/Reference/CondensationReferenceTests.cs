using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>What is measured of the reference's own hidden states.</summary>
public sealed class CondensationReferenceTests : ReferenceTests
{
    /// <summary>Of cosines that the reference computed in float32.</summary>
    private const double CosineTolerance = 1e-6;

    [SkippableFact]
    public void Accumulator_EachText_MatchesEveryFigure() => CheckTexts((answers, text) =>
    {
        using var accumulator = new CondensationAccumulator();
        accumulator.Add(answers.HiddenStates(text));
        CondensationProfile profile = accumulator.ToProfile();
        foreach (JsonElement expected in text.Value.GetProperty("layers").EnumerateArray())
        {
            LayerGeometry layer = profile.Layers[expected.GetProperty("hidden_state").GetInt32()];
            Assert.Equal(expected.Number("mean_cosine_full_matrix"), layer.MeanCosine, CosineTolerance);
            Assert.Equal(expected.Number("mean_cosine_offdiag"), layer.MeanCosineOffDiagonal, CosineTolerance);
            CondensationAssert.Counts(expected.Numbers("histogram_counts"), layer.Pooled.Histogram!);
            CondensationAssert.Counts(expected.Numbers("histogram_counts"), layer.Elementwise!.Histogram!);
        }

        CondensationAssert.Trend(text.Value.GetProperty("trend_full_matrix_mean"), profile.Trend);
        CondensationAssert.Trend(text.Value.GetProperty("trend_offdiag_mean"), profile.OffDiagonalTrend);
        CondensationAssert.Near(text.Value.Numbers("mean_cossim_last_n"), profile.LastLayersMeans, CosineTolerance);
        Assert.Equal(text.Value.GetProperty("n_tokens").GetInt32(), profile.TokensPerText);
    });

    [SkippableFact]
    public void Accumulator_AllTexts_MatchTheAveragedFigures() => CheckAnswers(CondensationAnswers.KeysWithAverages, (folder, answers) => folder.Case(answers.CaseName("averaged"), () =>
    {
        using var scope = NewDisposeScope();
        using var accumulator = new CondensationAccumulator();
        foreach (JsonProperty text in answers.Texts)
        {
            accumulator.Add(answers.HiddenStates(text));
        }

        CondensationProfile profile = accumulator.ToProfile();
        JsonElement averaged = answers.Averaged!.Value;
        Assert.Equal(CosineAveraging.Elementwise, profile.Averaging);
        CondensationAssert.Near(averaged.Numbers("mean_cosine_full_matrix"), [.. profile.Layers.Select(l => l.MeanCosine)], CosineTolerance);
        CondensationAssert.Near(averaged.Numbers("mean_cossim_last_n"), profile.LastLayersMeans, CosineTolerance);
        CondensationAssert.Trend(averaged, profile.Trend);
        CondensationAssert.Densities(answers, [.. profile.Layers.Select(layer => layer.Elementwise!.Histogram!)]);
    }));

    [SkippableFact]
    public void Matrix_EachText_MatchesEntryByEntry() => CheckTexts((answers, text) =>
    {
        foreach ((int i, Tensor states) in answers.HiddenStates(text).Index())
        {
            Tensor difference = CosineGeometry.Matrix(states) - answers.Cosines(text, i);
            Assert.InRange(difference.abs().max().item<float>(), 0, 2e-6f);
        }
    });

    [SkippableFact]
    public void Spectrum_EachText_MatchesEveryMeasure() => CheckTexts((answers, text) =>
    {
        TokenMatrixSpectrum[] spectra = [.. answers.HiddenStates(text).Select(TokenMatrixSpectrum.Measure)];
        foreach (JsonElement layer in text.Value.GetProperty("layers").EnumerateArray())
        {
            TokenMatrixSpectrum spectrum = spectra[layer.GetProperty("hidden_state").GetInt32()];
            JsonElement expected = layer.GetProperty("geometry");
            AssertSpectrum(expected.GetProperty("uncentered"), spectrum.Raw);
            AssertSpectrum(expected.GetProperty("centered"), spectrum.Centred);
            CondensationAssert.Figure(expected, "mean_norm", spectrum.MeanNorm);
            CondensationAssert.Figure(expected, "mean_direction_norm", spectrum.MeanDirectionNorm);
            CondensationAssert.Figure(expected, "ref_singular_value_entropy_bits", spectrum.Raw.EntropyBits);
            CondensationAssert.Figure(expected, "ref_maximum_explainable_variance", spectrum.Raw.MaximumExplainableVariance);
            CondensationAssert.Figure(expected, "ref_hfc_lfc_ratio", spectrum.HighToLowFrequencyRatio);
            CondensationAssert.Figure(layer, "ref_log_hfc_frobenius", spectrum.LogHighFrequencyGrowth(spectra[0]));
        }
    });

    [SkippableFact]
    public void TextGeometry_EachText_MatchesEveryFigure() => CheckTexts((answers, text) =>
    {
        TextGeometry actual = TextGeometry.Measure(answers.HiddenStates(text), GeometryMeasures.All);
        Assert.Equal(text.Value.GetProperty("n_tokens").GetInt32(), actual.TokenCount);
        Assert.Equal(text.Value.GetProperty("n_hidden_states").GetInt32(), actual.LayerCount);
        foreach (JsonElement layer in text.Value.GetProperty("layers").EnumerateArray())
        {
            AssertLayer(layer, actual, layer.GetProperty("hidden_state").GetInt32());
        }

        CondensationAssert.Trend(text.Value.GetProperty("trend_full_matrix_mean"), actual.Trend);
    });

    [SkippableFact]
    public void Trend_ReferenceCases_AreEqual() => CheckAnswers(CondensationAnswers.Keys, (folder, answers) =>
    {
        foreach ((int i, JsonElement golden) in answers.TrendCases().Index())
        {
            folder.Case(answers.CaseName($"trend {i}"), () => CondensationAssert.Trend(golden, CondensationTrend.Of(golden.Numbers("values"))));
        }
    });

    private static void CheckTexts(Action<CondensationAnswers, JsonProperty> compare) => CheckAnswers(CondensationAnswers.Keys, (folder, answers) =>
    {
        foreach (JsonProperty text in answers.Texts)
        {
            folder.Case(answers.CaseName(text.Name), () =>
            {
                using var scope = NewDisposeScope();
                compare(answers, text);
            });
        }
    });

    private static void CheckAnswers(IEnumerable<string> keys, Action<ReferenceFolder, CondensationAnswers> cases) => CheckEach(keys, folder =>
    {
        foreach (CondensationAnswers answers in CondensationAnswers.Of(folder))
        {
            cases(folder, answers);
        }
    });

    private static void AssertLayer(JsonElement layer, TextGeometry actual, int i)
    {
        JsonElement geometry = layer.GetProperty("geometry"), raw = geometry.GetProperty("uncentered");
        void Assert(JsonElement expected, string name, GeometryMeasure measure, double tolerance = CondensationAssert.FigureTolerance) => CondensationAssert.Figure(expected, name, actual.ByLayer(measure)[i], tolerance);
        Assert(layer, "mean_cosine_full_matrix", GeometryMeasure.MeanCosine, CosineTolerance);
        Assert(layer, "mean_cosine_offdiag", GeometryMeasure.MeanCosineOffDiagonal, CosineTolerance);
        Assert(geometry, "average_cosine_offdiag", GeometryMeasure.MeanCosineOffDiagonal);
        Assert(geometry, "ref_singular_value_entropy_bits", GeometryMeasure.SingularValueEntropy);
        Assert(raw, "effective_rank", GeometryMeasure.EffectiveRank);
        Assert(raw, "top1_variance_share", GeometryMeasure.MaximumExplainableVariance);
        Assert(geometry, "ref_maximum_explainable_variance", GeometryMeasure.MaximumExplainableVariance);
        Assert(raw, "participation_ratio", GeometryMeasure.ParticipationRatio);
        Assert(raw, "stable_rank", GeometryMeasure.StableRank);
        Assert(geometry, "ref_hfc_lfc_ratio", GeometryMeasure.HighToLowFrequencyRatio);
        Assert(layer, "ref_log_hfc_frobenius", GeometryMeasure.HighFrequencyGrowth);
        Assert(geometry, "mean_norm", GeometryMeasure.MeanNorm);
    }

    private static void AssertSpectrum(JsonElement expected, SingularSpectrum actual)
    {
        CondensationAssert.Figure(expected, "effective_rank", actual.EffectiveRank);
        CondensationAssert.Figure(expected, "participation_ratio", actual.ParticipationRatio);
        CondensationAssert.Figure(expected, "top1_singular_share", actual.TopSingularShare);
        CondensationAssert.Figure(expected, "top1_variance_share", actual.MaximumExplainableVariance);
        CondensationAssert.Figure(expected, "stable_rank", actual.StableRank);
        CondensationAssert.Near(expected.Numbers("singular_values"), actual.SingularValues, 1e-8);
    }
}
