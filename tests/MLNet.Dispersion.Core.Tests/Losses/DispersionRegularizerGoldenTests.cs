using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>The regulariser on the reference's own hidden states of whole models.</summary>
public class DispersionRegularizerGoldenTests
{
    [SkippableTheory]
    [InlineData("gpt2_tiny")]
    [InlineData("qwen3_tiny")]
    [InlineData("llama_tiny")]
    [InlineData("gpt_neox_tiny")]
    public void Compute_HiddenStatesOfATinyModel_MatchesTotalAndEachLayer(string model)
    {
        using var scope = NewDisposeScope();
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(model, "expected.json")));
        var tensors = new GoldenTensors(SharedFixtures.Fixture(model, "expected.safetensors"));
        Tensor[] states = [.. Enumerable.Range(0, expected.RootElement.GetProperty("n_hidden_states").GetInt32()).Select(i => tensors.Tensor($"hidden_states.{i}"))];
        foreach (JsonProperty run in expected.RootElement.GetProperty("grads").EnumerateObject())
        {
            var options = new DispersionOptions { ClampThreshold = run.Value.GetProperty("clamp_threshold").GetDouble() };

            // The reference knows no mask: pads are tokens like any other there.
            double total = DispersionRegularizer.Compute(states, null, options, null).item<float>();
            Assert.Equal(run.Value.GetProperty("dispersion_f64").GetDouble(), total, 5e-6);
            double[] perLayer = run.Value.GetProperty("dispersion_per_layer").Deserialize<double[]>()!;
            Assert.Equal(perLayer.Length, states.Length - 1);
            Assert.All(perLayer.Index(), layer => Assert.Equal(layer.Item, DispersionSamples.Value(states[layer.Index + 1], options), 5e-6));
        }
    }

    [SkippableFact]
    public void Compute_HiddenStatesOfATrainedModel_MatchesEachLayer()
    {
        using var scope = NewDisposeScope();
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture("stories260k", "expected.json")));
        var tensors = new GoldenTensors(SharedFixtures.Fixture("stories260k", "expected.safetensors"));
        double[] perLayer = expected.RootElement.GetProperty("story").GetProperty("angular_spread_clamp_0_1_per_hidden_state").Deserialize<double[]>()!;
        Tensor[] states = [.. Enumerable.Range(0, perLayer.Length).Select(i => tensors.Tensor($"hidden_states.{i}"))];
        Assert.All(perLayer.Index(), layer => Assert.Equal(layer.Item, DispersionSamples.Value(states[layer.Index], new DispersionOptions()), 5e-6));
        double total = expected.RootElement.GetProperty("grads").GetProperty("dispersion").GetDouble();
        Assert.Equal(total, DispersionRegularizer.Compute(states, null, new DispersionOptions(), null).item<float>(), 5e-6);
    }
}
