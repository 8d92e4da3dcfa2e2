using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Weights;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Adapters;

public sealed class PeftFilesTests
{
    /// <summary>As PEFT 0.17 writes it for a GPT-2, with keys that this library does not know.</summary>
    private const string PeftsConfig = """
        {
          "alpha_pattern": {}, "auto_mapping": null, "base_model_name_or_path": "someone/small-gpt2", "bias": "none", "corda_config": null, "eva_config": null,
          "exclude_modules": null, "fan_in_fan_out": true, "inference_mode": true, "init_lora_weights": true, "layer_replication": null, "layers_pattern": null,
          "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 6, "lora_bias": false, "lora_dropout": 0.05, "megatron_config": null,
          "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA", "qalora_group_size": 16, "r": 2, "rank_pattern": {}, "revision": null,
          "target_modules": ["c_attn"], "target_parameters": null, "task_type": "CAUSAL_LM", "trainable_token_indices": null, "use_dora": false,
          "use_qalora": false, "use_rslora": true, "some_future_key": {"deep": [1, 2]}
        }
        """;

    [Theory]
    [MemberData(nameof(Adapted.Each), MemberType = typeof(Adapted))]
    public void Save_ThenLoad_GivesTheSameLogits(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family);
        Adapted.Attach(model.Backbone, new LoraOptions { Rank = 3, Alpha = 5.5, Dropout = 0.1, TargetModules = Adapted.Targets(family), RankStabilized = true });
        float[] expected = Adapted.Logits(model.Backbone).data<float>().ToArray();
        string folder = Path.Combine(Directory.CreateTempSubdirectory().FullName, "adapter");
        try
        {
            model.Save(folder, new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
            using var other = Model(family);
            other.AddAdapter(new DirectorySource(folder));

            Assert.Equal(expected, Adapted.Logits(other.Backbone).data<float>().ToArray());
            Assert.Equal((3, 5.5, 0.1, true), (other.Adapter!.Rank, other.Adapter.Alpha, other.Adapter.Dropout, other.Adapter.RankStabilized));
            Assert.Equal(["adapter_base.json", "adapter_config.json", "adapter_model.safetensors", "dispersion-manifest.json", "README.md"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.OrdinalIgnoreCase));
            var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!;
            Assert.Equal("LORA", (string?)config["peft_type"]);
            Assert.Equal(family == "gpt2", (bool)config["fan_in_fan_out"]!);
            Assert.Equal(Adapted.Targets(family), config["target_modules"]!.AsArray().Select(node => (string)node!));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    [Fact]
    public void Save_Gpt2_HasPeftsNamesAndShapes()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        Adapted.Attach(model.Backbone, new LoraOptions { Rank = 2 });
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        using var stream = new MemoryStream(files["adapter_model.safetensors"]);
        var entries = new SafetensorsReader(stream, "x").Entries.ToDictionary(entry => entry.Name, entry => entry.Shape.ToArray());

        Assert.Equal(6, entries.Count);
        Assert.Equal([2, 8], entries["base_model.model.transformer.h.0.attn.c_attn.lora_A.weight"]);
        Assert.Equal([24, 2], entries["base_model.model.transformer.h.2.attn.c_attn.lora_B.weight"]);
    }

    [Fact]
    public void AddAdapter_AsPeftWritesIt_ComputesRankStabilisedLora()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        using var plain = Adapted.Backbone("gpt2");
        model.AddAdapter(PeftsFiles());
        var adapter = model.Backbone.Adapter!;
        var parameters = plain.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        using (no_grad())
        {
            foreach (AdaptedModule module in adapter.Modules)
            {
                parameters[module.Name + ".weight"].copy_(tensor(Adapted.NaiveMerged(module, 6 / Math.Sqrt(2))));
            }
        }

        Tensor expected = Adapted.Logits(plain);

        Assert.InRange(Adapted.Largest(Adapted.Logits(model.Backbone) - expected), 0, 2e-5 * Math.Max(1, Adapted.Largest(expected)));
        Assert.Equal(0.05, model.Adapter!.Dropout);
    }

    [Theory]
    [InlineData("peft_type", "\"LOHA\"")]
    [InlineData("bias", "\"all\"")]
    [InlineData("use_dora", "true")]
    [InlineData("rank_pattern", "{\"h.0.attn.c_attn\": 4}")]
    [InlineData("alpha_pattern", "{\"h.0.attn.c_attn\": -4}")]
    [InlineData("rank_pattern", "{\"(\": 4}")]
    [InlineData("rank_pattern", "{\"c_attn\": 2.5}")]
    [InlineData("rank_pattern", "[2]")]
    [InlineData("rank_pattern", "{\"c_attn\": 70000}")]
    [InlineData("lora_bias", "true")]
    [InlineData("target_parameters", "[\"mlp.experts\"]")]
    [InlineData("arrow_config", "{\"top_k\": 3}")]
    [InlineData("ensure_weight_tying", "true")]
    [InlineData("trainable_token_indices", "[1, 1]")]
    [InlineData("trainable_token_indices", "[1, 99]")]
    [InlineData("trainable_token_indices", "{\"c_attn\": [1]}")]
    [InlineData("trainable_token_indices", "[1]")]
    [InlineData("target_modules", "\"(\"")]
    [InlineData("exclude_modules", "[7]")]
    [InlineData("layers_to_transform", "[-1]")]
    [InlineData("layers_pattern", "\"[\"")]
    [InlineData("modules_to_save", "[\"nowhere\"]")]
    [InlineData("modules_to_save", "[\"ln_f\"]")]
    [InlineData("modules_to_save", "[\"score\"]")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"")]
    [InlineData("lora_dropout", "1.5")]
    [InlineData("r", "0")]
    [InlineData("lora_alpha", "\"much\"")]
    [InlineData("target_modules", "[3]")]
    [InlineData("use_rslora", "7")]
    public void AddAdapter_Unsupported_NamesTheKey(string key, string value)
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        var files = PeftsFiles(config => config[key] = JsonNode.Parse(value));

        var error = Assert.Throws<ModelFileException>(() => model.AddAdapter(files));

        Assert.Contains("adapter_config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Null(model.Adapter);
    }

    [Theory]
    [InlineData("\"transformer\\\\.h\\\\.[01]\\\\.attn\\\\.c_attn\"", "target_modules")]
    [InlineData("[0, 1]", "layers_to_transform")]
    public void AddAdapter_ChosenLayers_AreThoseOfTheTensors(string value, string key)
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        var files = PeftsFiles(config => config[key] = JsonNode.Parse(value), tensors =>
        {
            foreach (string name in tensors.Keys.Where(name => name.Contains(".h.2.", StringComparison.Ordinal)).ToList())
            {
                tensors.Remove(name);
            }
        });

        model.AddAdapter(files);

        Assert.Equal(["transformer.h.0.attn.c_attn", "transformer.h.1.attn.c_attn"], model.Adapter!.TargetModules!.Order());
    }

    [Fact]
    public void AddAdapter_WrongShape_NamesTensorModuleShapesAndCure()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        const string Name = "base_model.model.transformer.h.1.attn.c_attn.lora_A.weight";

        var error = Assert.Throws<ModelFileException>(() => model.AddAdapter(PeftsFiles(tensors: tensors => tensors[Name] = zeros(2, 64))));

        Assert.Equal(Name, error.Tensor);
        Assert.All(["[2, 64]", "[2, 8]", "'transformer.h.1.attn.c_attn'", "someone/small-gpt2"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void AddAdapter_MissingSurplusOrForeignTensors_AreNamed()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        const string Up = "base_model.model.transformer.h.1.attn.c_attn.lora_B.weight";

        Assert.Contains(Up, Error(tensors => tensors.Remove(Up)), StringComparison.Ordinal);
        Assert.Contains("score.weight", Error(tensors => tensors["base_model.model.score.weight"] = zeros(3, 8)), StringComparison.Ordinal);
        Assert.Contains("layers.0.self_attn.q_proj", Error(tensors => tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"] = zeros(2, 8)), StringComparison.Ordinal);
        Assert.Contains("c_attn, c_fc, c_proj", Error(tensors => tensors["base_model.model.transformer.h.9.attn.c_attn.lora_A.weight"] = zeros(2, 8)), StringComparison.Ordinal);
        Assert.Contains("no matrix", Error(tensors => tensors.Clear(), config => config["target_modules"] = null), StringComparison.Ordinal);
        Assert.Contains("nowhere", Error(_ => { }, config => config["target_modules"] = new JsonArray("nowhere")), StringComparison.Ordinal);

        string Error(Action<Dictionary<string, Tensor>> tensors, Action<JsonObject>? config = null) =>
            Assert.Throws<ModelFileException>(() => model.AddAdapter(PeftsFiles(config, tensors))).Message;
    }

    [Fact]
    public void AddAdapter_OtherWeightsOfTheSameShapes_AreRefusedByTheirHash()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        Adapted.Attach(model.Backbone, new LoraOptions());
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        using var other = Model("gpt2", seed: 5);

        var error = Assert.Throws<ModelFileException>(() => other.AddAdapter(files));

        Assert.All(["adapter_base.json", model.ComputeWeightHash(), other.ComputeWeightHash()], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Null(other.Adapter);
        Assert.Throws<InvalidOperationException>(() => other.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly }));
    }

    [Fact]
    public void Save_AdaptedModel_WritesTheMergedWeightsAndLeavesTheModelAlone()
    {
        using var scope = NewDisposeScope();
        using var model = Model("llama");
        Adapted.Attach(model.Backbone, new LoraOptions { Rank = 2 });
        float[] before = Adapted.Logits(model.Backbone).data<float>().ToArray();
        var files = new MemorySource();
        model.Save(files.Sink());
        using var loaded = PretrainedLanguageModel.Load(ModelSource.FromSource("merged", files));

        Assert.Equal(before, Adapted.Logits(model.Backbone).data<float>().ToArray());
        model.AbsorbAdapter();

        Assert.Null(model.Adapter);
        Assert.Equal(model.ComputeWeightHash(), loaded.ComputeWeightHash());
        Assert.Equal(Adapted.Logits(model.Backbone).data<float>().ToArray(), Adapted.Logits(loaded.Backbone).data<float>().ToArray());
    }

    [Fact]
    public void RemoveAdapter_Merged_LeavesTheBaseBitForBit()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt_neox");
        string hash = model.ComputeWeightHash();
        using var generator = new Generator(2, CPU);
        model.AddAdapter(new LoraOptions(), generator);
        Assert.Throws<InvalidOperationException>(() => model.AddAdapter(new LoraOptions(), generator));
        model.MergeAdapter();
        Assert.True(model.AdapterIsMerged);

        model.RemoveAdapter();

        Assert.Equal(hash, model.ComputeWeightHash());
        Assert.Null(model.Adapter);
        Assert.Throws<InvalidOperationException>(model.MergeAdapter);
    }

    [Fact]
    public void Save_EverythingThenMerged_LeavesNoAdapterBehind()
    {
        using var scope = NewDisposeScope();
        using var model = Model("llama");
        Adapted.Attach(model.Backbone, new LoraOptions { Rank = 2 });
        float[] expected = Adapted.Logits(model.Backbone).data<float>().ToArray();
        DirectoryInfo parent = Directory.CreateTempSubdirectory();
        string folder = Path.Combine(parent.FullName, "model");
        try
        {
            model.Save(folder, new ModelSaveOptions { Adapter = AdapterSaving.Everything });
            using (var carried = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder)))
            {
                Assert.Equal(2, carried.Adapter!.Rank);
                Assert.Equal(model.ComputeWeightHash(), carried.ComputeWeightHash());
                Assert.Equal(expected, Adapted.Logits(carried.Backbone).data<float>().ToArray());
            }

            model.Save(folder);

            // Beside the merged weights the adapter would count twice.
            Assert.Empty(Directory.GetFiles(folder, "adapter_*"));
            using var merged = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
            Assert.Null(merged.Adapter);
            Assert.NotEqual(model.ComputeWeightHash(), merged.ComputeWeightHash());
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Fact]
    public void Load_AdapterOfPeftWithoutItsModel_FindsTheBaseByItsName()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        var adapter = ModelSource.FromSource("adapter", PeftsFiles());
        string message = Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(adapter)).Message;
        Assert.Contains("someone/small-gpt2", message, StringComparison.Ordinal);
        Assert.Contains("AdapterBases.Register", message, StringComparison.Ordinal);
        string nameless = Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromSource("adapter", PeftsFiles(config => config["base_model_name_or_path"] = null)))).Message;
        Assert.Contains("base_model_name_or_path", nameless, StringComparison.Ordinal);

        AdapterBases.Register(Source("gpt2"), "someone/small-gpt2");
        using var found = PretrainedLanguageModel.Load(adapter);
        using var named = PretrainedLanguageModel.Load(Source("gpt2"), new ModelLoadOptions { Adapter = PeftsFiles() });

        model.AddAdapter(PeftsFiles());
        float[] expected = Adapted.Logits(model.Backbone).data<float>().ToArray();
        Assert.Equal(expected, Adapted.Logits(found.Backbone).data<float>().ToArray());
        Assert.Equal(expected, Adapted.Logits(named.Backbone).data<float>().ToArray());
        Assert.Equal(AdapterSaving.AdapterOnly, found.Adapter!.Saving);
    }

    private static PretrainedLanguageModel Model(string family, ulong seed = 4) => PretrainedLanguageModel.Load(Source(family, seed));

    private static ModelSource Source(string family, ulong seed = 4)
    {
        using var scope = NewDisposeScope();
        string config = Adapted.Config(family);
        var files = MemorySource.Of(("config.json", config));
        files["model.safetensors"] = SafetensorsBytes.Write(SmallCheckpoint.Weights(seed, config));
        return ModelSource.FromSource(family, files);
    }

    private static MemorySource PeftsFiles(Action<JsonObject>? config = null, Action<Dictionary<string, Tensor>>? tensors = null)
    {
        using var generator = new Generator(6, CPU);
        var weights = new Dictionary<string, Tensor>();
        for (int layer = 0; layer < 3; layer++)
        {
            string module = $"base_model.model.transformer.h.{layer}.attn.c_attn";
            weights[module + ".lora_A.weight"] = randn([2, 8], generator: generator);
            weights[module + ".lora_B.weight"] = randn([24, 2], generator: generator);
        }

        tensors?.Invoke(weights);
        var json = JsonNode.Parse(PeftsConfig)!.AsObject();
        config?.Invoke(json);
        var files = MemorySource.Of(("adapter_config.json", json.ToJsonString()));
        files["adapter_model.safetensors"] = SafetensorsBytes.Write(weights);
        return files;
    }
}
