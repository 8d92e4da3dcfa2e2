using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>The reference's texts: hidden states and what it measured of them.</summary>
internal sealed class GoldenTexts
{
    private readonly GoldenTensors _tensors;

    public GoldenTexts(string folder)
    {
        Golden = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(folder, "condensation.json"))).RootElement;
        _tensors = new GoldenTensors(SharedFixtures.Fixture(folder, "condensation.safetensors"));
    }

    public JsonElement Golden { get; }

    public IEnumerable<JsonProperty> Texts => Golden.GetProperty("sequences").EnumerateObject();

    public int[] Ids(string text) => [.. _tensors.Longs($"{text}.input_ids").Select(id => (int)id)];

    /// <summary>The text's hidden states; the trained model keeps those of its one text beside its other expected tensors.</summary>
    public Tensor[] HiddenStates(JsonProperty text)
    {
        int count = text.Value.GetProperty("n_hidden_states").GetInt32();
        if (text.Name != "story")
        {
            return [.. Enumerable.Range(0, count).Select(i => _tensors.Tensor($"{text.Name}.hidden.{i}"))];
        }

        var states = new GoldenTensors(SharedFixtures.Fixture("stories260k", "expected.safetensors"));
        return [.. Enumerable.Range(0, count).Select(i => states.Tensor($"hidden_states.{i}").squeeze(0))];
    }
}
