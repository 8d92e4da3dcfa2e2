using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>What is saved loads equal, is a Hugging Face directory, and appears whole or not at all.</summary>
public sealed class SaveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-save-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Save_Float32_LoadsBitEqualWithItsTokenizer()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string target = Path.Combine(_folder, "new", "model");

        model.Save(target);

        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        AssertWeights(model, again, 0);
        Assert.Equal(model.Tokenizer.Encode("the parcel is broken").Ids, again.Tokenizer.Encode("the parcel is broken").Ids);
        Assert.Equal(model.Backbone.Info, again.Backbone.Info);
        Assert.Equal(["model"], Directory.GetFileSystemEntries(Path.Combine(_folder, "new")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(ScalarType.Float16, "float16", 1.0 / 2048)]
    [InlineData(ScalarType.BFloat16, "bfloat16", 1.0 / 256)]
    public void Save_HalfPrecision_LoadsWithinItsRounding(ScalarType type, string name, double relative)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        model.Save(_folder, new ModelSaveOptions { Type = type });

        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder));
        AssertWeights(model, again, relative);
        Assert.Equal(name, Config()["torch_dtype"]!.GetValue<string>());
        Assert.InRange(new FileInfo(Path.Combine(_folder, "model.safetensors")).Length, 1, (model.Backbone.parameters().Sum(p => p.numel()) * 2) + 8000);
    }

    [Fact]
    public void Save_Files_AreThoseOfHuggingFace()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        model.Save(_folder);

        string[] files = [.. Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["README.md", "config.json", "dispersion-manifest.json", "merges.txt", "model.safetensors", "special_tokens_map.json", "tokenizer_config.json", "vocab.json"], files);
        using var stream = File.OpenRead(Path.Combine(_folder, "model.safetensors"));
        var reader = new SafetensorsReader(stream, "model.safetensors");
        Assert.Equal("pt", reader.Metadata["format"]);
        Assert.Contains("transformer.h.1.mlp.c_proj.weight", reader.Entries.Select(e => e.Name));
        Assert.DoesNotContain("lm_head.weight", reader.Entries.Select(e => e.Name));
    }

    [Fact]
    public void Save_Config_KeepsEveryKeyAndSetsClassAndType()
    {
        using var model = PretrainedLanguageModel.Load(ModelSource.FromSource("small", SmallCheckpoint.Files()));
        var files = new MemorySource();

        model.Save(files.Sink(), new ModelSaveOptions { Type = ScalarType.Float16 });

        var saved = JsonNode.Parse(files.Text("config.json"))!.AsObject();
        var original = JsonNode.Parse(SmallCheckpoint.Config)!.AsObject();
        Assert.Equal("float16", saved["torch_dtype"]!.GetValue<string>());
        Assert.Equal("GPT2LMHeadModel", Assert.Single(saved["architectures"]!.AsArray())!.GetValue<string>());
        Assert.Equal(6, saved["n_ctx"]!.GetValue<int>());
        foreach (string key in new[] { "torch_dtype", "architectures", "n_ctx" })
        {
            saved.Remove(key);
            original.Remove(key);
        }

        Assert.True(JsonNode.DeepEquals(original, saved));
    }

    [Fact]
    public void Save_NoTokenizerFiles_SavesTheNetworkAlone()
    {
        using var model = PretrainedLanguageModel.Load(ModelSource.FromSource("small", SmallCheckpoint.Files()));
        var files = new MemorySource();

        Assert.False(model.HasTokenizer);
        Assert.Throws<ModelFileException>(() => model.Tokenizer);
        model.Save(files.Sink());

        Assert.Equal(["config.json", "model.safetensors"], files.Files.Order(StringComparer.Ordinal));
        using var again = PretrainedLanguageModel.Load(ModelSource.FromSource("again", files));
        AssertWeights(model, again, 0);
    }

    [Fact]
    public void Save_DamagedTokenizerFiles_ThrowsInsteadOfDroppingThem()
    {
        var files = SmallCheckpoint.Files();
        files["tokenizer.json"] = "{"u8.ToArray();
        using var model = PretrainedLanguageModel.Load(ModelSource.FromSource("small", files));

        Assert.True(model.HasTokenizer);
        Assert.Throws<ModelFileException>(() => model.Save(Path.Combine(_folder, "model")));

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Save_AboveTheShardSize_WritesShardsThatLoadBitEqual()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        model.Save(_folder, new ModelSaveOptions { MaxShardBytes = 40_000 });

        string[] shards = [.. Directory.GetFiles(_folder, "model-*.safetensors").Order(StringComparer.Ordinal)];
        Assert.InRange(shards.Length, 2, 20);
        Assert.EndsWith($"model-00001-of-{shards.Length:D5}.safetensors", shards[0], StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "model.safetensors")));
        var index = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "model.safetensors.index.json")))!;
        Assert.Equal(model.Backbone.parameters().Sum(p => p.numel()) * 4, index["metadata"]!["total_size"]!.GetValue<long>());
        Assert.Equal(model.Backbone.named_parameters().Count(), index["weight_map"]!.AsObject().Count);
        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder));
        AssertWeights(model, again, 0);
    }

    [Fact]
    public void Save_OverFormerWeightsOfAnotherKind_LeavesNoStaleWeights()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        File.WriteAllText(Path.Combine(_folder, "README.md"), "mine");
        model.Save(_folder);
        using (no_grad())
        {
            model.Backbone.parameters().First().mul_(2);
        }

        model.Save(_folder, new ModelSaveOptions { MaxShardBytes = 40_000 });
        using (var sharded = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder)))
        {
            AssertWeights(model, sharded, 0);
        }

        model.Save(_folder);
        Assert.Empty(Directory.GetFiles(_folder, "model-*"));
        Assert.False(File.Exists(Path.Combine(_folder, "model.safetensors.index.json")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "README.md")));
    }

    [Fact]
    public void Load_ShardsOfTwoModels_IsRefused()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var sharded = new ModelSaveOptions { MaxShardBytes = 40_000 };
        string other = Path.Combine(_folder, "other"), target = Path.Combine(_folder, "model");
        model.Save(target, sharded);
        using (no_grad())
        {
            model.Backbone.parameters().First().mul_(2);
        }

        model.Save(other, sharded);
        string shard = Path.GetFileName(Directory.GetFiles(other, "model-*.safetensors").Order(StringComparer.Ordinal).First());
        File.Copy(Path.Combine(other, shard), Path.Combine(target, shard), overwrite: true);

        string message = Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromDirectory(target)).Dispose()).Message;
        Assert.Contains("two models", message, StringComparison.Ordinal);
        Assert.Contains(shard, message, StringComparison.Ordinal);

        // Somebody else wrote the weights, and some of them are the same: the index is another's.
        foreach (string path in Directory.GetFiles(other, "model*"))
        {
            File.Copy(path, Path.Combine(target, Path.GetFileName(path)), overwrite: true);
        }

        File.AppendAllText(Path.Combine(target, "model.safetensors.index.json"), "\n");
        using (var whole = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target)))
        {
            AssertWeights(model, whole, 0);
            Assert.Equal(["model.safetensors.index.json"], whole.ChangedFiles);
        }

        File.Delete(Path.Combine(target, SavedManifest.FileName));
        using var without = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        AssertWeights(model, without, 0);
    }

    [Fact]
    public void Load_EditedFiles_LoadsThemAndNamesThem()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.Save(_folder);
        using (var same = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder)))
        {
            Assert.Empty(same.ChangedFiles);
        }

        File.AppendAllText(Path.Combine(_folder, "config.json"), " ");
        File.AppendAllText(Path.Combine(_folder, "README.md"), "A word.");
        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder));

        Assert.Equal(["config.json"], again.ChangedFiles);
        AssertWeights(model, again, 0);
    }

    [Fact]
    public void Save_ValueBeyondHalfRange_LeavesNoDirectory()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (no_grad())
        {
            model.Backbone.parameters().Last().fill_(1e6);
        }

        Assert.Throws<ArgumentException>(() => model.Save(Path.Combine(_folder, "half"), new ModelSaveOptions { Type = ScalarType.Float16 }));

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Save_PlaceThatCannotBeWritten_NamesIt()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        var error = Assert.Throws<ModelFileException>(() => model.Save(Path.Combine(file, "model")));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_WrongArguments_Throws()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        Assert.Contains("Int8", Assert.Throws<ArgumentOutOfRangeException>(() => model.Save(_folder, new ModelSaveOptions { Type = ScalarType.Int8 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Save(_folder, new ModelSaveOptions { Type = ScalarType.Float16, Adapter = AdapterSaving.Everything }));
        Assert.Throws<InvalidOperationException>(() => model.Save(_folder, new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly }));
        Assert.Throws<ArgumentException>(() => model.Save(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Save(_folder, new ModelSaveOptions { MaxShardBytes = 0 }));
    }

    private JsonObject Config() => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "config.json")))!.AsObject();

    private static void AssertWeights(PretrainedLanguageModel expected, PretrainedLanguageModel actual, double relative)
    {
        using var scope = NewDisposeScope();
        var loaded = actual.Backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Equal(expected.Backbone.named_parameters().Count(), loaded.Count);
        foreach (var (name, parameter) in expected.Backbone.named_parameters())
        {
            // Half precision has its least steps near zero: 2^-25 is half of the smallest one of F16.
            var excess = (loaded[name] - parameter).abs() - (parameter.abs() * relative) - (relative > 0 ? Math.Pow(2, -25) : 0);
            Assert.True(excess.le(0).all().item<bool>(), name);
        }
    }
}
