using System.Text.Json;
using MLNet.Dispersion.Tests.Diagnostics;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>From a checkpoint and token ids to the reference's condensation figures. For the report, which asks for texts, a tokenizer knows the ids of the reference's texts.</summary>
public sealed class CondensationEndToEndReferenceTests : ReferenceTests
{
    /// <summary>Hidden states are float32 and agree to about 1e-6 with the reference's, so figures of them do to 1e-5, relative.</summary>
    private const double Tolerance = 1e-5;

    [SkippableFact]
    public void Measure_AllTexts_MatchesTheAveragedFigures() => Check("all texts, averaged", CondensationAnswers.KeysWithAverages, answers =>
    {
        JsonElement averaged = answers.Averaged!.Value;
        CondensationReport report = Report(answers, answers.Texts);
        foreach (CondensationProfile profile in (CondensationProfile[])[Profile(answers, answers.Texts), report.Profile])
        {
            CondensationAssert.Near(averaged.Numbers("mean_cosine_full_matrix"), [.. profile.Layers.Select(layer => layer.MeanCosine)], Tolerance);
            CondensationAssert.Near(averaged.Numbers("mean_cossim_last_n"), profile.LastLayersMeans, Tolerance);
            CondensationAssert.Trend(averaged, profile.Trend);
            int texts = answers.Texts.Length, tokens = answers.TokensPerText;
            Assert.Equal((texts, 0, (long)texts * tokens, tokens), (profile.Texts, profile.ShortTexts, profile.Tokens, profile.TokensPerText));
            Assert.Equal(CosineAveraging.Elementwise, profile.Averaging);
        }

        CondensationAssert.Near(averaged.Numbers("mean_cosine_full_matrix"), [.. report.Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine])], Tolerance);
        CondensationAssert.Densities(answers, [.. report.Layers.Select(layer => layer.Cosine.Elementwise!.Histogram!)]);
    });

    [SkippableFact]
    public void Measure_AllTexts_MatchesEveryMeasureMeanedOverThem() => Check("all texts, meaned", CondensationAnswers.Keys, answers =>
    {
        CondensationReport report = Report(answers, answers.Texts);
        JsonElement[][] texts = [.. answers.Texts.Select(text => text.Value.GetProperty("layers").EnumerateArray().ToArray())];
        Assert.Equal(texts.Length, report.SpectrumTexts);
        Assert.All(texts, layers => Assert.Equal(layers.Length, report.Layers.Count));
        foreach ((int i, LayerReport layer) in report.Layers.Index())
        {
            double Mean(Func<JsonElement, double> figure) => texts.Average(text => figure(text[i]));
            double Geometry(string name) => Mean(text => text.GetProperty("geometry").Number(name));
            double Raw(string name) => Mean(text => text.GetProperty("geometry").GetProperty("uncentered").Number(name));
            void Equal(double expected, GeometryMeasure measure) => CondensationAssert.Figure(expected, $"layer {layer.Name}, {measure}", layer.Measures[measure], Tolerance);
            Equal(Mean(text => text.Number("mean_cosine_full_matrix")), GeometryMeasure.MeanCosine);
            Equal(Mean(text => text.Number("mean_cosine_offdiag")), GeometryMeasure.MeanCosineOffDiagonal);
            Equal(Geometry("ref_singular_value_entropy_bits"), GeometryMeasure.SingularValueEntropy);
            Equal(Raw("effective_rank"), GeometryMeasure.EffectiveRank);
            Equal(Geometry("ref_maximum_explainable_variance"), GeometryMeasure.MaximumExplainableVariance);
            Equal(Raw("participation_ratio"), GeometryMeasure.ParticipationRatio);
            Equal(Raw("stable_rank"), GeometryMeasure.StableRank);
            Equal(Geometry("ref_hfc_lfc_ratio"), GeometryMeasure.HighToLowFrequencyRatio);
            Equal(Mean(text => text.Number("ref_log_hfc_frobenius")), GeometryMeasure.HighFrequencyGrowth);
            Equal(Geometry("mean_norm"), GeometryMeasure.MeanNorm);
            double[][] spectra = [.. texts.Select(text => text[i].GetProperty("geometry").GetProperty("uncentered").Numbers("singular_values"))];
            Assert.Equal(spectra[0].Length, layer.Spectrum.Count);
            Assert.All(layer.Spectrum.Index(), value => Assert.Equal(spectra.Average(s => s[value.Index] / s[0]), value.Item, Tolerance));
        }
    });

    [SkippableFact]
    public void Measure_OneText_MatchesEachLayer() => Check("each text", CondensationAnswers.Keys, answers =>
    {
        foreach (JsonProperty text in answers.Texts)
        {
            CondensationReport report = Report(answers, [text]);
            foreach (CondensationProfile profile in (CondensationProfile[])[Profile(answers, [text]), report.Profile])
            {
                CondensationAssert.Trend(text.Value.GetProperty("trend_full_matrix_mean"), profile.Trend);
                CondensationAssert.Trend(text.Value.GetProperty("trend_offdiag_mean"), profile.OffDiagonalTrend);
                CondensationAssert.Near(text.Value.Numbers("mean_cossim_last_n"), profile.LastLayersMeans, Tolerance);
                foreach (JsonElement layer in text.Value.GetProperty("layers").EnumerateArray())
                {
                    LayerGeometry actual = profile.Layers[layer.GetProperty("hidden_state").GetInt32()];
                    Assert.Equal(layer.Number("mean_cosine_full_matrix"), actual.MeanCosine, Tolerance);
                    Assert.Equal(layer.Number("mean_cosine_offdiag"), actual.MeanCosineOffDiagonal, Tolerance);
                }
            }

            foreach (JsonElement layer in text.Value.GetProperty("layers").EnumerateArray())
            {
                LayerReport actual = report.Layers[layer.GetProperty("hidden_state").GetInt32()];
                CondensationAssert.Counts(layer.Numbers("histogram_counts"), actual.Cosine.Pooled.Histogram!);
                CondensationAssert.Counts(layer.Numbers("histogram_counts"), actual.Cosine.Elementwise!.Histogram!);
            }
        }
    });

    private static void Check(string name, IEnumerable<string> keys, Action<CondensationAnswers> compare) => CheckEach(keys, folder =>
    {
        foreach (CondensationAnswers answers in CondensationAnswers.Of(folder))
        {
            folder.Case(answers.CaseName($"checkpoint, {name}"), () => compare(answers));
        }
    }, TinyModel.Refuses);

    private static CondensationProfile Profile(CondensationAnswers answers, IEnumerable<JsonProperty> texts)
    {
        using LanguageBackbone backbone = BackboneRegistry.Load(new DirectorySource(answers.ModelFolder()));
        return CondensationProbe.Measure(backbone, [.. texts.Select(text => answers.Ids(text.Name))]);
    }

    private static CondensationReport Report(CondensationAnswers answers, IEnumerable<JsonProperty> texts)
    {
        var ids = texts.ToDictionary(text => text.Name, text => answers.Ids(text.Name));
        using var model = new PretrainedLanguageModel("reference", BackboneRegistry.Load(new DirectorySource(answers.ModelFolder())), new KnownTextsTokenizer(ids));
        return CondensationReport.Measure(model, ids.Keys);
    }
}
