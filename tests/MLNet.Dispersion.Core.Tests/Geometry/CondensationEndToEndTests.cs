using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;

namespace MLNet.Dispersion.Tests.Geometry;

/// <summary>From a checkpoint and token ids to the reference's condensation figures.</summary>
public class CondensationEndToEndTests
{
    [SkippableFact]
    public void Measure_Gpt2OnTwoTexts_MatchesTheAveragedFigures()
    {
        (LanguageBackbone backbone, JsonElement golden, int[][] texts) = Load("gpt2_tiny", "condensation", "row0", "second_text");
        using LanguageBackbone owned = backbone;
        CondensationProfile profile = CondensationProbe.Measure(backbone, texts);
        JsonElement expected = golden.GetProperty("averaged_over_sequences");
        AssertClose(expected.GetProperty("mean_cosine_full_matrix"), [.. profile.Layers.Select(layer => layer.MeanCosine)]);
        AssertClose(expected.GetProperty("mean_cossim_last_n"), profile.LastLayersMeans);
        Assert.Equal(expected.GetProperty("spearman").GetDouble(), profile.Trend.Spearman, 1e-12);
        Assert.Equal(expected.GetProperty("kendall_tau_b").GetDouble(), profile.Trend.KendallTauB, 1e-12);
        Assert.Equal((2, 0, 80, 40), (profile.Texts, profile.ShortTexts, (int)profile.Tokens, profile.TokensPerText));
    }

    [SkippableFact]
    public void Measure_TrainedModelOnItsStory_MatchesEachLayer()
    {
        (LanguageBackbone backbone, JsonElement golden, int[][] texts) = Load("stories260k", "stories260k/condensation", "story");
        using LanguageBackbone owned = backbone;
        CondensationProfile profile = CondensationProbe.Measure(backbone, texts);
        JsonElement story = golden.GetProperty("sequences").GetProperty("story");
        foreach (JsonElement layer in story.GetProperty("layers").EnumerateArray())
        {
            LayerGeometry actual = profile.Layers[layer.GetProperty("hidden_state").GetInt32()];
            Assert.Equal(layer.GetProperty("mean_cosine_full_matrix").GetDouble(), actual.MeanCosine, 1e-5);
            Assert.Equal(layer.GetProperty("mean_cosine_offdiag").GetDouble(), actual.MeanCosineOffDiagonal, 1e-5);
        }

        Assert.Equal(story.GetProperty("trend_full_matrix_mean").GetProperty("spearman").GetDouble(), profile.Trend.Spearman, 1e-12);
        AssertClose(story.GetProperty("mean_cossim_last_n"), profile.LastLayersMeans);
    }

    private static (LanguageBackbone Backbone, JsonElement Golden, int[][] Texts) Load(string model, string folder, params string[] texts)
    {
        var tensors = new GoldenTensors(SharedFixtures.Fixture(folder, "condensation.safetensors"));
        JsonElement golden = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(folder, "condensation.json"))).RootElement;
        int[][] ids = [.. texts.Select(text => tensors.Longs($"{text}.input_ids").Select(id => (int)id).ToArray())];
        return (BackboneRegistry.Load(new DirectorySource(SharedFixtures.Fixture(model))), golden, ids);
    }

    private static void AssertClose(JsonElement expected, IReadOnlyList<double> actual)
    {
        double[] values = expected.Deserialize<double[]>()!;
        Assert.Equal(values.Length, actual.Count);
        Assert.All(values.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
