using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Backbones;

/// <summary>Hidden states, logits, losses and gradients of the reference models.</summary>
public sealed class BackboneGoldenTests
{
    private const double StateTolerance = 2e-5;
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 1e-4;

    /// <summary>Model folder, and the folder of the expected values.</summary>
    public static TheoryData<string, string> Models() => new()
    {
        { "gpt2_tiny", "gpt2_tiny" },
        { "gpt2_tiny_hubnames", "gpt2_tiny" },
        { "qwen3_tiny", "qwen3_tiny" },
        { "llama_tiny", "llama_tiny" },
        { "gpt_neox_tiny", "gpt_neox_tiny" },
        { "stories260k", "stories260k" },
    };

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Forward_GoldenBatch_EqualsTheReference(string model, string golden)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = Load(model);
        var expected = SafetensorsFile.ReadAll(golden, "expected.safetensors");

        var output = Forward(backbone, expected);

        Assert.Equal(backbone.Info.LayerCount + 1, output.HiddenStates.Count);
        for (int i = 0; i < output.HiddenStates.Count; i++)
        {
            AssertClose($"hidden_states.{i}", expected, output.HiddenStates[i]!);
        }

        AssertClose("logits", expected, backbone.Logits(output.LastHiddenState));
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Backward_CrossEntropyAndDispersion_GivesTheReferenceGradients(string model, string golden)
    {
        using var scope = NewDisposeScope();
        using var backbone = Load(model);
        var expected = SafetensorsFile.ReadAll(golden, "expected.safetensors");
        using var figures = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture(golden, "expected.json")));
        var dispersion = new DispersionOptions { ClampThreshold = 0.1, MaxTokens = null };

        var output = Forward(backbone, expected);
        var crossEntropy = CrossEntropy(backbone, output, expected);
        // The reference does not mask pads.
        var spread = DispersionRegularizer.Compute(output.HiddenStates, null, dispersion, null);
        crossEntropy.add(spread.mul(0.1)).backward();

        bool isStory = figures.RootElement.TryGetProperty("story", out var story);
        var grads = figures.RootElement.GetProperty("grads");
        var reference = isStory ? grads : grads.GetProperty("clamp_0.1");
        AssertRelative("cross-entropy", (isStory ? story.GetProperty("ce") : figures.RootElement.GetProperty("loss_ce")).GetDouble(), crossEntropy.item<float>());
        AssertRelative("dispersion", reference.GetProperty("dispersion").GetDouble(), spread.item<float>());
        AssertGradients(backbone, expected, isStory ? "grad." : "grad.clamp_0.1.");
    }

    internal static LanguageBackbone Load(string model) => BackboneRegistry.Load(new DirectorySource(SharedFixtures.Fixture(model)));

    internal static BackboneOutput Forward(LanguageBackbone backbone, Dictionary<string, Tensor> inputs) =>
        backbone.Forward(inputs["input_ids"], inputs.TryGetValue("attention_mask", out var mask) ? mask.to(ScalarType.Bool) : null, HiddenStateSelection.All);

    internal static Tensor CrossEntropy(LanguageBackbone backbone, BackboneOutput output, Dictionary<string, Tensor> inputs)
    {
        var labels = inputs.TryGetValue("labels", out var given) ? given : inputs["input_ids"];
        long length = labels.shape[1];
        var logits = backbone.Logits(output.LastHiddenState.narrow(1, 0, length - 1)).flatten(0, 1);
        return nn.functional.cross_entropy(logits, labels.narrow(1, 1, length - 1).reshape(-1), ignore_index: -100);
    }

    internal static void AssertGradients(LanguageBackbone backbone, Dictionary<string, Tensor> expected, string prefix)
    {
        var parameters = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        var goldens = expected.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(goldens);
        foreach (var (key, value) in goldens)
        {
            // An untied head that the objective does not use has no gradient at all; the reference states zeros.
            var gradient = parameters[key[prefix.Length..]].grad ?? zeros_like(value);
            double error = (gradient - value).norm().item<float>() / Math.Max(1e-12, value.norm().item<float>());
            Assert.True(error <= GradientTolerance, $"{key}: relative error {error}");
        }
    }

    private static void AssertClose(string key, Dictionary<string, Tensor> expected, Tensor actual)
    {
        double error = (actual - expected[key]).abs().max().item<float>();
        Assert.True(error <= StateTolerance, $"{key}: absolute error {error}");
    }

    private static void AssertRelative(string name, double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= LossTolerance * Math.Abs(expected), $"{name}: expected {expected}, was {actual}");
}
