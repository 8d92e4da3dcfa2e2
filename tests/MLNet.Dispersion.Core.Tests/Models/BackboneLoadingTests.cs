using MLNet.Dispersion.Tests.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>What a checkpoint may hold, and what is said when it holds something else.</summary>
public sealed class BackboneLoadingTests
{
    [Fact]
    public void Load_OwnFiles_GivesEveryWeightInEvaluationMode()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneRegistry.Load(SmallCheckpoint.Files());
        var expected = SmallCheckpoint.Weights();

        Assert.False(backbone.training);
        Assert.Equal(3, backbone.Info.EosTokenId);
        Assert.Null(backbone.Info.BosTokenId);
        Assert.All(backbone.named_parameters(), p => Assert.True(p.parameter.eq(expected[p.name]).all().item<bool>(), p.name));
    }

    [Fact]
    public void Load_InsideAScope_OutlivesIt()
    {
        LanguageBackbone backbone;
        using (NewDisposeScope())
        {
            backbone = BackboneRegistry.Load(SmallCheckpoint.Files());
        }

        using (backbone)
        using (NewDisposeScope())
        {
            Assert.Equal([1L, 2L, 4L], backbone.Forward(tensor(new long[] { 1, 2 }, 1, 2), null, HiddenStateSelection.None).LastHiddenState.shape);
        }
    }

    [Fact]
    public void Load_Shards_GivesTheSameWeights()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneRegistry.Load(SmallCheckpoint.Shards());
        var expected = SmallCheckpoint.Weights();

        Assert.All(backbone.named_parameters(), p => Assert.True(p.parameter.eq(expected[p.name]).all().item<bool>(), p.name));
    }

    [Fact]
    public void Load_BareNamesBuffersAndACopyOfTheTiedHead_AreUnderstood()
    {
        var files = SmallCheckpoint.Files(weights =>
        {
            foreach (var (name, weight) in weights.ToList())
            {
                weights.Remove(name);
                weights[name["transformer.".Length..]] = weight;
            }

            weights["h.0.attn.bias"] = ones([1, 1, 6, 6], ScalarType.Byte);
            weights["h.1.attn.masked_bias"] = tensor(-10000f);
            weights["lm_head.weight"] = weights["wte.weight"].clone();
        });

        using var backbone = BackboneRegistry.Load(files);

        Assert.DoesNotContain("lm_head.weight", backbone.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void Load_UntiedHead_ReadsIt()
    {
        using var scope = NewDisposeScope();
        string config = SmallCheckpoint.Config.Replace("\"some_key\"", "\"tie_word_embeddings\": false, \"some_key\"", StringComparison.Ordinal);

        using var backbone = BackboneRegistry.Load(SmallCheckpoint.Files(w => w["lm_head.weight"] = zeros(11, 4), config));

        Assert.Equal(0, backbone.Logits(ones(1, 1, 4)).abs().sum().item<float>());
    }

    [Fact]
    public void Load_HalfPrecisionWeights_AreWidened()
    {
        using var scope = NewDisposeScope();
        var files = SmallCheckpoint.Files(weights =>
        {
            foreach (var (name, weight) in weights.ToList())
            {
                weights[name] = weight.to(name.EndsWith("bias", StringComparison.Ordinal) ? ScalarType.BFloat16 : ScalarType.Float16);
            }
        });

        using var backbone = BackboneRegistry.Load(files);

        Assert.All(backbone.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
    }

    [Fact]
    public void Load_MissingAndSurplusTensors_ListsTheFirstTenOfEach()
    {
        var files = SmallCheckpoint.Files(weights =>
        {
            foreach (string name in weights.Keys.Where(k => k.Contains(".h.1.", StringComparison.Ordinal)).ToList())
            {
                weights.Remove(name);
            }

            for (int i = 0; i < 11; i++)
            {
                weights[$"extra.{i:D2}.weight"] = zeros(1);
            }
        });

        string message = Refusal(files).Message;

        Assert.Contains("memory/model.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("12 tensors are missing", message, StringComparison.Ordinal);
        Assert.Contains("transformer.h.1.attn.c_attn.bias", message, StringComparison.Ordinal);
        Assert.Contains("11 tensors are surplus", message, StringComparison.Ordinal);
        Assert.Contains("extra.09.weight", message, StringComparison.Ordinal);
        Assert.DoesNotContain("extra.10.weight", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WrongShape_NamesTensorAndBothShapes()
    {
        var error = Refusal(SmallCheckpoint.Files(w => w["transformer.h.1.mlp.c_fc.bias"] = zeros(15)));

        Assert.Equal("transformer.h.1.mlp.c_fc.bias", error.Tensor);
        Assert.Contains("[15]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[16]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_IntegerWeights_SaysThatQuantisedOnesAreNotSupported()
    {
        var error = Refusal(SmallCheckpoint.Files(w => w["transformer.wte.weight"] = zeros([11, 4], ScalarType.Int8)));

        Assert.Contains("quantised", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OneParameterUnderTwoNames_Throws()
    {
        var error = Refusal(SmallCheckpoint.Files(w => w["ln_f.weight"] = zeros(4)));

        Assert.Contains("twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TruncatedAnywhere_ThrowsAndLeavesNoTensor()
    {
        byte[] weights = SmallCheckpoint.Files()["model.safetensors"];
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int length = 0; length < weights.Length; length += 151)
        {
            var files = MemorySource.Of(("config.json", SmallCheckpoint.Config));
            files["model.safetensors"] = weights[..length];
            Refusal(files);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Load_NoWeights_NamesWhatIsLookedFor()
    {
        var error = Refusal(MemorySource.Of(("config.json", SmallCheckpoint.Config), ("pytorch_model.bin", "")));

        Assert.Contains("model.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("converted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoConfig_NamesTheFile()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-").FullName;
        try
        {
            Assert.Contains("config.json", Refusal(new DirectorySource(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""{"weight_map":{"a":1}}""")]
    [InlineData("""{"weight_map":{"a":null}}""")]
    [InlineData("""{"weight_map":{"a":""}}""")]
    [InlineData("""{"weight_map":{"a":"../a.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""")]
    [InlineData("""{"weight_map":{"a":"absent.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}""")]
    [InlineData("""{"weight_map":{"transformer.wte.weight":"a.safetensors"}}""")]
    [InlineData("""{"weight_map":{"\ud800":"a.safetensors"}}""")]
    public void Load_WrongShardIndex_Throws(string index)
    {
        var files = SmallCheckpoint.Shards();
        files["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes(index);

        Refusal(files);
    }

    [Fact]
    public void Load_IndexAndShardsContradict_NamesTheTensor()
    {
        using var scope = NewDisposeScope();
        var names = SmallCheckpoint.Weights().Keys.ToList();

        var moved = SmallCheckpoint.Shards();
        moved["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes(SmallCheckpoint.Index(names, names.Take(4)));
        Assert.Equal(names[4], Refusal(moved).Tensor);

        var more = SmallCheckpoint.Shards();
        more["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes(SmallCheckpoint.Index([.. names, "ghost"], names.Take(5)));
        Assert.Contains("ghost", Refusal(more).Message, StringComparison.Ordinal);

        var twice = SmallCheckpoint.Shards();
        twice["b.safetensors"] = SmallCheckpoint.Files()["model.safetensors"];
        Assert.Contains("Another shard", Refusal(twice).Message, StringComparison.Ordinal);
    }

    private static ModelFileException Refusal(FileSource files) => Assert.Throws<ModelFileException>(() => BackboneRegistry.Load(files).Dispose());
}
