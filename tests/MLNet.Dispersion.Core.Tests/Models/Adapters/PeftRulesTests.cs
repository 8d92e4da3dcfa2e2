using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;
using MLNet.Dispersion.Tests.Weights;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Adapters;

/// <summary>What PEFT's files may say beside plain LoRA, each rule on a small network, with files that are damaged in one place.</summary>
public sealed class PeftRulesTests
{
    private const string Prefix = "base_model.model.";

    [Theory]
    [InlineData("v_proj", "model.layers.0.self_attn.v_proj", true)]
    [InlineData("proj", "model.layers.0.self_attn.v_proj", false)]
    [InlineData("self_attn.v_proj", "model.layers.0.self_attn.v_proj", true)]
    [InlineData("layers.\\d+.self_attn.(q|v)_proj", "model.layers.12.self_attn.v_proj", true)]
    [InlineData("^model\\.layers\\.0\\..*", "model.layers.0.self_attn.v_proj", true)]
    [InlineData("^layers\\.0\\..*", "model.layers.0.self_attn.v_proj", false)]
    [InlineData("v_proj|k_proj", "model.layers.0.self_attn.v_proj", true)]
    [InlineData("(?P<which>v)_proj", "model.layers.0.self_attn.v_proj", true)]
    [InlineData("self_attn", "model.layers.0.self_attn.v_proj", false)]
    public void RankPattern_Key_MatchesTheEndOfAName(string key, string module, bool matches) =>
        Assert.Equal(matches ? 3 : 8, new LoraOptions { RankPattern = new OrderedDictionary<string, int> { [key] = 3 } }.RankOf(module));

    [Fact]
    public void Patterns_FirstCounts_RankAndAlphaApart()
    {
        var options = new LoraOptions
        {
            Rank = 4,
            Alpha = 8,
            RankPattern = new OrderedDictionary<string, int> { ["v_proj"] = 2, [".*"] = 16 },
            AlphaPattern = new OrderedDictionary<string, double> { ["q_proj"] = 3 },
        };

        Assert.Equal((2, 4.0), (options.RankOf("a.v_proj"), options.ScaleOf("a.v_proj")));
        Assert.Equal((16, 3.0 / 16), (options.RankOf("a.q_proj"), options.ScaleOf("a.q_proj")));
        options.RankStabilized = true;
        Assert.Equal(8 / Math.Sqrt(2), options.ScaleOf("a.v_proj"));
    }

    [Theory]
    [InlineData("\"q_proj\"", null, null, null, "")]
    [InlineData("\".*q_proj\"", null, null, null, "0.q 1.q 2.q")]
    [InlineData("[\"q_proj\"]", null, null, null, "0.q 1.q 2.q")]
    [InlineData("[\"q_proj\"]", "[\"layers.1.self_attn.q_proj\"]", null, null, "0.q 2.q")]
    [InlineData("[\"q_proj\", \"v_proj\"]", "\".*layers\\\\.0\\\\..*\"", null, null, "1.q 1.v 2.q 2.v")]
    [InlineData("[\"q_proj\"]", null, "1", null, "1.q")]
    [InlineData("[\"q_proj\"]", null, "[0, 2]", "\"layers\"", "0.q 2.q")]
    [InlineData("[\"q_proj\"]", null, "[0, 2]", "[\"blocks\", \"layers\"]", "0.q 2.q")]
    [InlineData("[\"q_proj\"]", null, "[0]", "\"blocks\"", "")]
    [InlineData("[\"model.layers.2.self_attn.q_proj\"]", null, "[0]", null, "2.q")]
    public void TargetRule_Settings_ChooseWhatPeftChooses(string targets, string? excluded, string? layers, string? pattern, string expected)
    {
        var json = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["target_modules"] = JsonNode.Parse(targets),
            ["exclude_modules"] = excluded is null ? null : JsonNode.Parse(excluded),
            ["layers_to_transform"] = layers is null ? null : JsonNode.Parse(layers),
            ["layers_pattern"] = pattern is null ? null : JsonNode.Parse(pattern),
        };
        TargetRule rule = PeftConfig.Read(MemorySource.Of(("adapter_config.json", json.ToJsonString()))).Targets;
        string[] modules = [.. Enumerable.Range(0, 3).SelectMany(layer => (string[])[$"model.layers.{layer}.self_attn.q_proj", $"model.layers.{layer}.self_attn.v_proj"])];

        Assert.Equal(expected, string.Join(' ', modules.Where(rule.Includes).Select(name => $"{name.Split('.')[2]}.{name.Split('.')[4][0]}")));
    }

    [Theory]
    [InlineData("base_model.model.a.b.lora_A.weight", "a.b", "Down", "")]
    [InlineData("base_model.model.a.lora_embedding_B", "a", "TableUp", "")]
    [InlineData("base_model.model.a.lora_magnitude_vector.weight", "a", "Magnitude", "")]
    [InlineData("base_model.model.a.token_adapter.trainable_tokens_delta", "a", "Rows", "")]
    [InlineData("base_model.model.a.base_layer.bias", "a", "BaseBias", "")]
    [InlineData("base_model.model.classifier.modules_to_save.bias", "classifier", "Copy", "bias")]
    [InlineData("base_model.model.classifier.original_module.dense.bias", "classifier.dense", "Former", "bias")]
    [InlineData("base_model.model.a.ln_f.weight", "a.ln_f", "Whole", "weight")]
    [InlineData("base_model.model.lora_A.weight", "lora_A", "Whole", "weight")]
    [InlineData("base_model.model.a.lora_A.other.weight", null, null, null)]
    [InlineData("model.a.lora_A.weight", null, null, null)]
    [InlineData("base_model.model.weight", null, null, null)]
    [InlineData("base_model.model.", null, null, null)]
    public void PeftTensorName_Parse_TakesNamesApart(string name, string? module, string? part, string? parameter)
    {
        PeftTensorName? parsed = PeftTensorName.Parse(name);

        Assert.Equal(module, parsed?.Module);
        Assert.Equal(part, parsed?.Part.ToString());
        Assert.Equal(parameter, parsed?.Parameter);
    }

    /// <summary>y = (m / |V|) V x with V = W + s B A; no gradient goes through |V|.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dora_OneLayer_EqualsItsFormulaWithGradients(bool conv)
    {
        const int inputs = 7, outputs = 5, rank = 2;
        const double scale = 1.5;
        using var scope = NewDisposeScope();
        using var generator = new Generator(8, CPU);
        var context = new ForwardContext();
        using nn.Module layer = conv ? new Conv1D(context, inputs, outputs) : new ProjectionLayer(context, inputs, outputs, hasBias: true);
        using (no_grad())
        {
            foreach (var parameter in layer.parameters())
            {
                parameter.uniform_(-1, 1, generator);
                parameter.requires_grad = false;
            }
        }

        var adaptable = (IAdaptable)layer;
        Tensor down = Drawn(rank, inputs), up = Drawn(outputs, rank), magnitude = Drawn(outputs) + 2, x = Drawn(11, inputs), direction = Drawn(11, outputs);
        using var update = new LowRankUpdate(context, down.clone(), up.clone(), scale, 0, magnitude.clone(), adaptable);
        adaptable.Update = update;

        Tensor actual = conv ? ((Conv1D)layer).Forward(x) : ((ProjectionLayer)layer).Forward(x);
        (actual * direction).sum().backward();

        Tensor weight = (conv ? adaptable.Weight.t() : adaptable.Weight).detach();
        (Tensor a, Tensor b, Tensor m) = (down.requires_grad_(), up.requires_grad_(), magnitude.detach().requires_grad_());
        Tensor sum = weight + (b.mm(a) * scale);
        Tensor rows = sum / sum.detach().pow(2).sum(1, keepdim: true).sqrt();
        Tensor expected = x.mm((rows * m.unsqueeze(1)).t()) + adaptable.Bias!;
        (expected * direction).sum().backward();
        Assert.InRange(Adapted.Largest(actual - expected), 0, 1e-5);
        foreach (var (own, naive) in ((Tensor, Tensor)[])[(update.Down, a), (update.Up, b), (update.Magnitude!, m)])
        {
            Assert.InRange(Adapted.Largest(own.grad! - naive.grad!), 0, 1e-5 * Math.Max(1, Adapted.Largest(naive.grad!)));
        }

        using Tensor merged = update.Merge(adaptable.Weight, adaptable.InputsFirst);
        Assert.InRange(Adapted.Largest((conv ? merged.t() : merged) - (rows * m.unsqueeze(1))), 0, 1e-6);

        Tensor Drawn(params long[] shape) => empty(shape).uniform_(-1, 1, generator);
    }

    [Fact]
    public void Dora_Dropout_TakesFromTheScaledPartOfTheProductToo()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(8, CPU);
        var context = new ForwardContext { DropoutGenerator = generator };
        using var layer = new ProjectionLayer(context, 6, 4, hasBias: false);
        layer.Weight.uniform_(-1, 1, generator);
        using var update = new LowRankUpdate(context, zeros(2, 6), zeros(4, 2), 1, 0.5, ones(4) * 3, layer);
        layer.Update = update;
        Tensor x = ones(2000, 6);
        layer.train();

        Tensor trained = layer.Forward(x);
        layer.eval();
        Tensor evaluated = layer.Forward(x);

        Assert.True(Adapted.Largest(trained - evaluated) > 0.1);
        Assert.InRange(Adapted.Largest(trained.mean([0]) - evaluated[0]), 0, 0.5);
    }

    [Theory]
    [MemberData(nameof(Adapted.Each), MemberType = typeof(Adapted))]
    public void Create_EverySetting_BeginsWithoutEffectSavesLoadsAndGoesAway(string family)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family);
        string[] targets = Adapted.Targets(family);
        string norm = family switch { "gpt2" => "ln_f", "gpt_neox" => "final_layer_norm", _ => "model.norm" };
        float[] before = Adapted.Logits(model.Backbone).data<float>().ToArray();
        string hash = model.ComputeWeightHash();
        var options = new LoraOptions
        {
            Rank = 3,
            Alpha = 5,
            TargetModules = targets,
            RankPattern = new OrderedDictionary<string, int> { [targets[0]] = 2 },
            AlphaPattern = new OrderedDictionary<string, double> { [targets[^1]] = 7 },
            UseDora = true,
            Bias = LoraBias.All,
            ModulesToSave = [norm],
        };
        using var generator = new Generator(3, CPU);
        model.AddAdapter(options, generator);

        Assert.Equal(before, Adapted.Logits(model.Backbone).data<float>().ToArray());
        using (no_grad())
        {
            foreach (var (_, parameter) in model.Backbone.Adapter!.Parameters)
            {
                parameter.add_(empty(parameter.shape).uniform_(-0.2, 0.2, generator));
            }
        }

        float[] trained = Adapted.Logits(model.Backbone).data<float>().ToArray();
        Assert.NotEqual(before, trained);
        Assert.Equal(hash, model.ComputeWeightHash());
        foreach (AdapterSaving saving in Enum.GetValues<AdapterSaving>())
        {
            var files = new MemorySource();
            model.Save(files.Sink(), new ModelSaveOptions { Adapter = saving });
            using PretrainedLanguageModel loaded = saving == AdapterSaving.Everything ? PretrainedLanguageModel.Load(ModelSource.FromSource("whole", files)) : Model(family);
            if (saving == AdapterSaving.AdapterOnly)
            {
                loaded.AddAdapter(files);
            }

            Assert.Equal(trained, Adapted.Logits(loaded.Backbone).data<float>().ToArray());
            Assert.True(loaded.Adapter!.AgreesWith(model.Adapter!));
            Assert.Equal(model.Adapter!.TargetModules!.Order(), loaded.Adapter!.TargetModules!.Order());
            Assert.Equal(hash, loaded.ComputeWeightHash());
        }

        model.MergeAdapter();
        Assert.All(Adapted.Logits(model.Backbone).data<float>().ToArray().Zip(trained), pair => Assert.Equal(pair.Second, pair.First, 2e-4f));
        model.UnmergeAdapter();
        Assert.Equal(trained, Adapted.Logits(model.Backbone).data<float>().ToArray());
        model.RemoveAdapter();
        Assert.Equal(before, Adapted.Logits(model.Backbone).data<float>().ToArray());
        Assert.Equal(hash, model.ComputeWeightHash());
    }

    [Theory]
    [InlineData("gpt2", "wte", null)]
    [InlineData("gpt2", "wpe", null)]
    [InlineData("gpt2", "lm_head", null)]
    [InlineData("gpt2", null, "wte")]
    [InlineData("qwen3", "embed_tokens", null)]
    [InlineData("qwen3", "lm_head", null)]
    [InlineData("qwen3", null, "lm_head")]
    [InlineData("llama", "embed_tokens", null)]
    [InlineData("llama", "lm_head", null)]
    public void Create_EmbeddingsAndHeads_AreChangedAloneMergedSavedAndTakenAway(string family, string? target, string? saved)
    {
        using var scope = NewDisposeScope();
        using var model = Model(family);
        float[] before = Adapted.Logits(model.Backbone).data<float>().ToArray();
        string[] names = [.. model.Backbone.named_parameters().Select(pair => pair.name)];
        string usual = family == "gpt2" ? "c_attn" : "q_proj";
        using var generator = new Generator(3, CPU);
        model.AddAdapter(new LoraOptions { Rank = 2, TargetModules = target is null ? [usual] : [usual, target], ModulesToSave = saved is null ? null : [saved] }, generator);
        Assert.Equal(before, Adapted.Logits(model.Backbone).data<float>().ToArray());
        using (no_grad())
        {
            foreach (var (_, parameter) in model.Backbone.Adapter!.Parameters)
            {
                parameter.add_(empty(parameter.shape).uniform_(-0.3, 0.3, generator));
            }
        }

        float[] trained = Adapted.Logits(model.Backbone).data<float>().ToArray();
        Assert.NotEqual(before, trained);
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        using PretrainedLanguageModel other = Model(family);
        other.AddAdapter(files);
        Assert.Equal(trained, Adapted.Logits(other.Backbone).data<float>().ToArray());
        var merged = new MemorySource();
        model.Save(merged.Sink());
        using (PretrainedLanguageModel ordinary = PretrainedLanguageModel.Load(ModelSource.FromSource("merged", merged)))
        {
            Assert.All(Adapted.Logits(ordinary.Backbone).data<float>().ToArray().Zip(trained), pair => Assert.Equal(pair.Second, pair.First, 2e-4f));
        }

        other.AbsorbAdapter();
        Assert.All(Adapted.Logits(other.Backbone).data<float>().ToArray().Zip(trained), pair => Assert.Equal(pair.Second, pair.First, 2e-4f));
        Assert.Null(other.Adapter);
        using (var again = new Generator(4, CPU))
        {
            other.AddAdapter(new LoraOptions { TargetModules = [usual] }, again);
            other.RemoveAdapter();
        }

        model.RemoveAdapter();
        Assert.Equal(before, Adapted.Logits(model.Backbone).data<float>().ToArray());
        Assert.Equal(names, model.Backbone.named_parameters().Select(pair => pair.name));
    }

    [Fact]
    public void Create_WrongSettings_AreNamed()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("llama");
        using var generator = new Generator(1, CPU);

        Assert.Contains("'score'", Error(new LoraOptions { ModulesToSave = ["score"] }), StringComparison.Ordinal);
        Assert.Contains("ModulesToSave", Error(new LoraOptions { TargetModules = ["lm_head"], ModulesToSave = ["lm_head"] }), StringComparison.Ordinal);
        Assert.Contains("UseDora", Error(new LoraOptions { TargetModules = ["embed_tokens"], UseDora = true }), StringComparison.Ordinal);
        Assert.Contains("RankPattern", Error(new LoraOptions { RankPattern = new OrderedDictionary<string, int> { ["q_proj"] = 0 } }), StringComparison.Ordinal);
        Assert.Contains("RankPattern", Error(new LoraOptions { RankPattern = new OrderedDictionary<string, int> { ["("] = 1 } }), StringComparison.Ordinal);
        Assert.Contains("AlphaPattern", Error(new LoraOptions { AlphaPattern = new OrderedDictionary<string, double> { ["q_proj"] = double.NaN } }), StringComparison.Ordinal);
        using var all = LoraAdapter.Create(backbone, new LoraOptions { TargetModules = ["all-linear"] }, generator);
        Assert.Equal(7 * backbone.Info.LayerCount, all.Modules.Count);
        Assert.DoesNotContain("lm_head", all.Options.TargetModules!);

        string Error(LoraOptions options) => Assert.ThrowsAny<ArgumentException>(() => LoraAdapter.Create(backbone, options, generator)).Message;
    }

    [Fact]
    public void AddAdapter_WholeModulesBiasesAndRows_ReplaceTheBases()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        Tensor row = ones(2, 8) * 0.5;
        var files = Files(
            config =>
            {
                config["bias"] = "lora_only";
                config["modules_to_save"] = new JsonArray("ln_f");
                config["trainable_token_indices"] = new JsonArray(4, 1);
            },
            tensors =>
            {
                AddBiases(tensors);
                tensors[Prefix + "transformer.ln_f.weight"] = ones(8) * 2;
                tensors[Prefix + "transformer.ln_f.bias"] = ones(8) * 3;
                tensors[Prefix + "transformer.wte.token_adapter.trainable_tokens_delta"] = row;
            });
        string hash = model.ComputeWeightHash();
        model.AddAdapter(files);
        using var plain = Model("gpt2");
        plain.AddAdapter(files);
        plain.MergeAdapter();
        var merged = plain.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);

        Assert.Equal(Enumerable.Repeat(2f, 8), merged["transformer.ln_f.weight"].data<float>().ToArray());
        Assert.Equal(Enumerable.Repeat(0.25f, 24), merged["transformer.h.1.attn.c_attn.bias"].data<float>().ToArray());
        Assert.Equal(Enumerable.Repeat(0.5f, 8), merged["transformer.wte.weight"][4].data<float>().ToArray());
        Assert.All(Adapted.Logits(model.Backbone).data<float>().ToArray().Zip(Adapted.Logits(plain.Backbone).data<float>().ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-4f));
        Assert.Equal((hash, hash), (model.ComputeWeightHash(), plain.ComputeWeightHash()));
    }

    [Fact]
    public void AddAdapter_HeadOfATask_IsKeptAndWrittenAgain()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        var files = Files(
            config =>
            {
                config["task_type"] = "SEQ_CLS";
                config["modules_to_save"] = new JsonArray("classifier", "score");
                config["base_model_name_or_path"] = "/home/someone/models/small";
            },
            tensors => tensors[Prefix + "score.weight"] = ones(3, 8));
        model.AddAdapter(files);
        var saved = new MemorySource();
        model.Save(saved.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });

        using var stream = new MemoryStream(saved["adapter_model.safetensors"]);
        Assert.Contains(new SafetensorsReader(stream, "x").Entries, entry => entry.Name == Prefix + "score.weight");
        Assert.Equal("small", (string?)JsonNode.Parse(saved.Text("adapter_config.json"))!["base_model_name_or_path"]);
        Assert.Equal([3, 3, 3], Outputs(model));
        Assert.Equal((HeadTask.Sequence, ProblemType.SingleLabel), (model.Head!.Task, model.Head.ProblemType));

        // Merged, for good or into files alone, the model keeps it; without the adapter it has none.
        var merged = new MemorySource();
        model.Save(merged.Sink());
        Assert.Equal("GPT2ForSequenceClassification", (string?)JsonNode.Parse(merged.Text("config.json"))!["architectures"]![0]);
        using var opened = PretrainedLanguageModel.Load(ModelSource.FromSource("merged", merged));
        Assert.Equal([3, 3, 3], Outputs(opened));
        model.AbsorbAdapter();
        Assert.Equal([3, 3, 3], Outputs(model));
        using var other = Model("gpt2");
        other.AddAdapter(files);
        other.RemoveAdapter();
        Assert.Null(other.Head);

        static int[] Outputs(PretrainedLanguageModel of) => [.. of.Head!.Outputs(ones(1, 2, 8) * 0.375, ones(1, 2, dtype: ScalarType.Int64), null).data<float>().ToArray().Select(value => (int)value)];
    }

    [Fact]
    public void AddAdapter_PartOfAHead_NamesWhatIsMissing()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        MemorySource files = Files(config => config["modules_to_save"] = new JsonArray("classifier"), tensors => tensors[Prefix + "classifier.weight"] = ones(3, 8));
        var error = Assert.Throws<ModelFileException>(() => model.AddAdapter(files));
        Assert.All(new[] { "classifier.weight", "classifier.bias", "modules_to_save" }, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Null(model.Adapter);
        Assert.Null(model.Head);
    }

    [Fact]
    public void AddAdapter_DamagedInOnePlace_NamesItAndLeavesTheModelAlone()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        string hash = model.ComputeWeightHash();
        const string Layer = Prefix + "transformer.h.1.attn.c_attn";

        // Biases: one missing, of another shape, there without the setting, there twice.
        Names("h.1.attn.c_attn.base_layer.bias", config => config["bias"] = "lora_only", tensors => { AddBiases(tensors); tensors.Remove(Layer + ".base_layer.bias"); });
        Names("[3]", config => config["bias"] = "lora_only", tensors => { AddBiases(tensors); tensors[Layer + ".base_layer.bias"] = zeros(3); });
        Names("bias is none", null, AddBiases);
        Names("twice", config => config["bias"] = "lora_only", tensors => { AddBiases(tensors); tensors[Layer + ".bias"] = zeros(24); });
        Names("ln_1.bias", config => config["bias"] = "all", AddBiases);

        // DoRA: lengths missing, or there without the setting.
        Names("use_dora", config => config["use_dora"] = true, null);
        Names("use_dora", null, tensors => tensors[Layer + ".lora_magnitude_vector"] = ones(24));

        // What is kept whole: half of it, of another shape, not named, not there.
        Names("ln_f.bias", config => config["modules_to_save"] = new JsonArray("ln_f"), tensors => tensors[Prefix + "transformer.ln_f.weight"] = ones(8));
        Names("[9]", config => config["modules_to_save"] = new JsonArray("ln_f"), tensors => { tensors[Prefix + "transformer.ln_f.weight"] = ones(9); tensors[Prefix + "transformer.ln_f.bias"] = ones(8); });
        Names("modules_to_save", null, tensors => tensors[Prefix + "transformer.ln_f.weight"] = ones(8));
        Names("modules_to_save", config => config["modules_to_save"] = new JsonArray("classifier", "score"), null);
        Names("[2, 2, 2]", config => config["modules_to_save"] = new JsonArray("score"), tensors => tensors[Prefix + "score.weight"] = ones(2, 2, 2));
        Names("differs from", config => config["modules_to_save"] = new JsonArray("score"), tensors => { tensors[Prefix + "score.bias"] = ones(3); tensors[Prefix + "score.modules_to_save.bias"] = zeros(3); });
        Names("score.bias", config => config["modules_to_save"] = new JsonArray("score"), tensors => { tensors[Prefix + "score.weight"] = ones(3, 8); tensors[Prefix + "score.original_module.bias"] = zeros(3); });

        // Tokens: rows missing, too many, of no ids.
        Names("trainable_tokens_delta", config => config["trainable_token_indices"] = new JsonArray(1, 2), null);
        Names("[3, 8]", config => config["trainable_token_indices"] = new JsonArray(1, 2), tensors => tensors[Prefix + "transformer.wte.token_adapter.trainable_tokens_delta"] = ones(3, 8));
        Names("trainable_token_indices", null, tensors => tensors[Prefix + "transformer.wte.token_adapter.trainable_tokens_delta"] = ones(2, 8));

        // Tables: half an update, one of a layer, one with DoRA.
        Names("lora_embedding_B", config => config["target_modules"] = new JsonArray("c_attn", "wte"), tensors => tensors[Prefix + "transformer.wte.lora_embedding_A"] = ones(2, 13));
        Names("cannot be adapted in this way", null, tensors => tensors[Layer + ".lora_embedding_A"] = ones(2, 8));
        Names("cannot be adapted in this way", null, tensors => tensors[Prefix + "transformer.wte.lora_A.weight"] = ones(2, 8));

        // Tensors of modules that the settings leave out.
        Names("h.1.attn.c_attn", config => config["layers_to_transform"] = new JsonArray(0), null);
        Names("leaves its module out", config => config["exclude_modules"] = new JsonArray("h.1.attn.c_attn"), null);

        // Scales and factors that no training gives.
        Names("16777216", config => config["lora_alpha"] = 16777217, null);
        Names("no number or infinite", null, tensors => tensors[Layer + ".lora_A.weight"] = full([2, 8], float.NaN));

        // A head that is tied to the embedding, and neither trained nor the same; a base's weight of nobody; lora_bias by its tensor.
        Names("differs from the embedding", null, tensors => { tensors[Prefix + "transformer.wte.weight"] = ones(13, 8); tensors[Prefix + "lm_head.weight"] = zeros(13, 8); });
        Names("lm_head.weight", null, tensors => tensors[Prefix + "lm_head.weight"] = zeros(13, 8));
        Names("no matrix of LoRA", null, tensors => tensors[Prefix + "transformer.wte.base_layer.weight"] = zeros(13, 8));
        Names("lora_bias", null, tensors => tensors[Layer + ".lora_B.bias"] = ones(24));
        Names("no tensor of LoRA", null, tensors => tensors["transformer.h.1.attn.c_attn.lora_A.weight"] = ones(2, 8));
        Names("I64", null, tensors => tensors[Layer + ".lora_A.weight"] = ones(2, 8, ScalarType.Int64));
        Names("takes too long", config => config["target_modules"] = "(([a-z._0-9]+)+)+!", null);
        Assert.Null(model.Adapter);
        Assert.Equal(hash, model.ComputeWeightHash());

        void Names(string part, Action<JsonObject>? config, Action<Dictionary<string, Tensor>>? tensors) =>
            Assert.Contains(part, Assert.Throws<ModelFileException>(() => model.AddAdapter(Files(config, tensors))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddAdapter_EmbeddingsThatNobodyTrained_StayTiedAndTakePart()
    {
        using var scope = NewDisposeScope();
        using var model = Model("gpt2");
        model.AddAdapter(Files(tensors: tensors =>
        {
            tensors[Prefix + "transformer.wte.weight"] = ones(13, 8) * 0.1;
            tensors[Prefix + "lm_head.weight"] = ones(13, 8) * 0.1;
        }));

        Assert.Null(model.Backbone.HeadInstead);
        float[] logits = Adapted.Logits(model.Backbone).data<float>().ToArray();
        Assert.All(logits.Chunk(13), row => Assert.All(row, value => Assert.Equal(row[0], value, 1e-5f)));
        Assert.DoesNotContain(model.Backbone.Adapter!.Parameters, pair => pair.Name.Contains("wte", StringComparison.Ordinal));
    }

    private static void AddBiases(Dictionary<string, Tensor> tensors)
    {
        for (int layer = 0; layer < 3; layer++)
        {
            tensors[$"{Prefix}transformer.h.{layer}.attn.c_attn.base_layer.bias"] = ones(24) * 0.25;
        }
    }

    private static PretrainedLanguageModel Model(string family)
    {
        using var scope = NewDisposeScope();
        string config = Adapted.Config(family);
        var files = MemorySource.Of(("config.json", config));
        files["model.safetensors"] = SafetensorsBytes.Write(SmallCheckpoint.Weights(4, config));
        return PretrainedLanguageModel.Load(ModelSource.FromSource(family, files));
    }

    /// <summary>An adapter of rank 2 on the attention of a small GPT-2.</summary>
    private static MemorySource Files(Action<JsonObject>? config = null, Action<Dictionary<string, Tensor>>? tensors = null)
    {
        using var generator = new Generator(6, CPU);
        var weights = new Dictionary<string, Tensor>();
        for (int layer = 0; layer < 3; layer++)
        {
            string module = $"{Prefix}transformer.h.{layer}.attn.c_attn";
            weights[module + ".lora_A.weight"] = randn([2, 8], generator: generator);
            weights[module + ".lora_B.weight"] = randn([24, 2], generator: generator);
        }

        tensors?.Invoke(weights);
        var json = new JsonObject { ["peft_type"] = "LORA", ["r"] = 2, ["lora_alpha"] = 4, ["target_modules"] = new JsonArray("c_attn") };
        config?.Invoke(json);
        var files = MemorySource.Of(("adapter_config.json", json.ToJsonString()));
        files["adapter_model.safetensors"] = SafetensorsBytes.Write(weights);
        return files;
    }
}
