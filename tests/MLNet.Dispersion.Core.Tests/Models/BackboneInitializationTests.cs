using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Random weights: as Hugging Face draws them, and the same for the same generator.</summary>
public sealed class BackboneInitializationTests
{
    private const string Config = """
        {"model_type": "gpt2", "vocab_size": 500, "n_positions": 100, "n_embd": 64, "n_layer": 2, "n_head": 2, "initializer_range": 0.05, "tie_word_embeddings": false}
        """;

    [Fact]
    public void Create_SameSeed_GivesTheSameWeights()
    {
        using var scope = NewDisposeScope();
        var one = SmallCheckpoint.Weights(seed: 3, Config);
        var again = SmallCheckpoint.Weights(seed: 3, Config);
        var other = SmallCheckpoint.Weights(seed: 4, Config);

        Assert.All(one, p => Assert.True(p.Value.eq(again[p.Key]).all().item<bool>(), p.Key));
        Assert.All(one.Where(p => p.Value.dim() == 2), p => Assert.False(p.Value.eq(other[p.Key]).any().item<bool>(), p.Key));
    }

    [Fact]
    public void Create_EveryWeight_HasTheStatisticsAskedFor()
    {
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in SmallCheckpoint.Weights(seed: 5, Config))
        {
            if (weight.dim() == 1)
            {
                Assert.True(weight.eq(name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1).all().item<bool>(), name);
                continue;
            }

            // Residual projections: range / sqrt(2 * layers). At least 4096 numbers each, so the deviation is known within 5 %.
            double expected = name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.05 / 2 : 0.05;
            double deviation = weight.std().item<float>();
            Assert.InRange(deviation, expected * 0.95, expected * 1.05);
            Assert.InRange(weight.mean().item<float>(), -0.1 * expected, 0.1 * expected);
            Assert.InRange(weight.abs().max().item<float>(), 2.5 * expected, 6 * expected);
        }
    }

    [Fact]
    public void Create_ReturnsEvaluationModeWithTrainableFloat32Weights()
    {
        using var generator = new Generator(1);
        using var backbone = BackboneRegistry.Create(Config, generator);

        Assert.False(backbone.training);
        Assert.All(backbone.parameters(), p => Assert.True(p.requires_grad && p.dtype == ScalarType.Float32));
        Assert.Equal(("gpt2", 500, 64, 2, 100), (backbone.Info.ModelType, backbone.Info.VocabularySize, backbone.Info.HiddenSize, backbone.Info.LayerCount, backbone.Info.ContextLength));
    }
}
