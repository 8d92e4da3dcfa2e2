using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Backbones;

/// <summary>The rest of the reference numbers: other objectives, every parameter's gradient norm, names, and text that a trained model writes.</summary>
public sealed class BackboneGoldenDetailTests
{
    public static TheoryData<string> Models() => new("gpt2_tiny", "qwen3_tiny", "llama_tiny", "gpt_neox_tiny");

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Backward_EveryObjective_GivesTheReferenceGradientsAndNorms(string model)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneGoldenTests.Load(model);
        var expected = SafetensorsFile.ReadAll(model, "expected.safetensors");
        using var figures = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(model, "expected.json")));

        foreach (string objective in new[] { "clamp_0.1", "clamp_0.25", "dispersion_only_clamp_0.1" })
        {
            double clamp = objective == "clamp_0.25" ? 0.25 : 0.1;
            backbone.zero_grad();
            var result = BackboneGoldenTests.Forward(backbone, expected);
            var loss = NaiveDispersion(result.HiddenStates, clamp);
            if (!objective.StartsWith("dispersion", StringComparison.Ordinal))
            {
                loss = loss.mul(0.1).add(BackboneGoldenTests.CrossEntropy(backbone, result, expected));
            }

            loss.backward();
            BackboneGoldenTests.AssertGradients(backbone, expected, $"grad.{objective}.");
            if (figures.RootElement.GetProperty("grads").TryGetProperty(objective, out var grads))
            {
                AssertNorms(backbone, grads.GetProperty("grad_norms"));
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void NamedParameters_Fixture_AreExactlyTheTensorsOfItsFile(string model)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneGoldenTests.Load(model);
        using var stream = File.OpenRead(SharedFixtures.Fixture(model, "model.safetensors"));

        var names = new SafetensorsReader(stream, model).Entries.Select(e => e.Name).Order(StringComparer.Ordinal);

        Assert.Equal(names, backbone.named_parameters().Select(p => p.name).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void Logits_TrainedModel_WritesTheReferenceStories()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = BackboneGoldenTests.Load("stories260k");
        using var figures = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture("stories260k", "expected.json")));

        foreach (var story in figures.RootElement.GetProperty("generation").EnumerateArray())
        {
            long[] expected = [.. story.GetProperty("ids").EnumerateArray().Select(id => id.GetInt64())];
            int given = story.GetProperty("prompt_ids").GetArrayLength();

            // Greedy text is what it is iff every token is the best one after those before it.
            var ids = tensor(expected, 1, expected.Length);
            var best = backbone.Logits(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).argmax(-1).data<long>().ToArray();

            Assert.Equal(expected[given..], best[(given - 1)..^1]);
        }
    }

    private static void AssertNorms(LanguageBackbone backbone, JsonElement norms)
    {
        var parameters = backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Equal(parameters.Count, norms.EnumerateObject().Count());
        foreach (var norm in norms.EnumerateObject())
        {
            double expected = norm.Value.GetDouble();
            double actual = parameters[norm.Name].grad?.norm().item<float>() ?? 0;
            Assert.True(Math.Abs(actual - expected) <= 1e-4 * expected, $"{norm.Name}: norm {actual}, expected {expected}");
        }
    }

    /// <summary>angular_spread, tau 1, eps 1e-2, mean over hidden states 1..N and all positions, with the clamp that gradients pass straight through.</summary>
    private static Tensor NaiveDispersion(IReadOnlyList<Tensor?> hiddenStates, double clamp) => stack(hiddenStates.Skip(1).Select(z =>
    {
        long length = z!.shape[1];
        var unit = z / (z.norm(2, true, 2) + 1e-2);
        var cosine = unit.matmul(unit.transpose(1, 2));
        var clamped = cosine + (cosine.clamp(-1 + clamp, 1 - clamp) - cosine).detach();
        var exponents = (clamped.arccos() / -Math.PI) + 1e-2;
        var diagonal = eye(length, dtype: ScalarType.Bool).unsqueeze(0);
        return (exponents.masked_fill(diagonal, float.NegativeInfinity).flatten(1).logsumexp(1) - Math.Log(length * (length - 1.0))).mean();
    }).ToArray()).mean();
}
