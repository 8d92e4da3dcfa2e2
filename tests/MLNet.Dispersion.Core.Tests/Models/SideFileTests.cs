using System.Text;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>What the files beside the weights say is followed and saved again: end tokens, generation_config.json, chat templates, ids beyond the vocabulary, and what other programs look for.</summary>
public sealed class SideFileTests
{
    [Fact]
    public void Generate_SeveralEndTokens_EachEndsAText()
    {
        MemorySource files = Copy(TinyBackbone.Backbone.Source);
        var options = new TextGenerationOptions { MaxNewTokens = 8, Temperature = 1, Seed = 3 };
        int third = Generated(files, options).TokenIds[2];
        Edit(files, "config.json", config => config["eos_token_id"] = third);
        GeneratedText expected = Generated(files, options);
        Assert.Equal(GenerationFinishReason.EndOfText, expected.FinishReason);
        Assert.Equal(2, expected.TokenIds.Count);

        Edit(files, "config.json", config => config["eos_token_id"] = new JsonArray(100_000, 1, third));
        Assert.Equal(expected.TokenIds, Generated(files, options).TokenIds);

        Edit(files, "config.json", config => config["eos_token_id"] = 1);
        files["generation_config.json"] = Encoding.UTF8.GetBytes($$"""{"eos_token_id": [1, {{third}}]}""");
        Assert.Equal(expected.TokenIds, Generated(files, options).TokenIds);
    }

    // As transformers: the tokenizer's own ends a text only where no file of the model names one.
    [Theory]
    [InlineData("[7, 8]", null, new[] { 7, 8 })]
    [InlineData("[7, 8]", """{"eos_token_id": 9}""", new[] { 9 })]
    [InlineData("[7, 8]", """{"eos_token_id": [9, 10, 9]}""", new[] { 9, 10 })]
    [InlineData("[7, 8]", """{"do_sample": false}""", new[] { 7, 8 })]
    [InlineData("7", """{"eos_token_id": null}""", new[] { 7 })]
    [InlineData("null", null, null)]
    [InlineData("[100000]", null, null)]
    [InlineData("null", """{"eos_token_id": 9}""", new[] { 9 })]
    public void EndTokens_OfGenerationConfig_TakeThePlaceOfThoseOfConfigAndTheseOfTheTokenizers(string config, string? generation, int[]? expected)
    {
        MemorySource files = Copy(TinyBackbone.Backbone.Source);
        Edit(files, "config.json", own => own["eos_token_id"] = JsonNode.Parse(config));
        if (generation is not null)
        {
            files["generation_config.json"] = Encoding.UTF8.GetBytes(generation);
        }

        using var model = Load(files);
        Assert.Equal(expected ?? [model.Tokenizer.EosTokenId!.Value], model.EndTokenIds);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert")]
    public void Load_SpecialIdsBeyondTheVocabulary_AreKeptAndHarmNothing(string family)
    {
        MemorySource files = Copy((family == "gpt2" ? TinyBackbone.Backbone : TinyBert.Backbone).Source);
        string[] names = ["bos_token_id", "eos_token_id", "pad_token_id"];
        Edit(files, "config.json", config => names.ToList().ForEach(name => config[name] = 50256));
        using var model = Load(files);
        var saved = new MemorySource();
        model.Save(saved.Sink());

        JsonObject config = JsonNode.Parse(saved.Text("config.json"))!.AsObject();
        Assert.All(names, name => Assert.Equal(50256, (int)config[name]!));
        Assert.NotEmpty(new TextFeatureExtractor(model).Extract(["my parcel", "the error is"], likelihoods: false));
    }

    [Fact]
    public void Load_AddedTokenBeyondTheEmbedding_IsRefusedOnlyInATextThatHoldsIt()
    {
        MemorySource files = Copy(TinyBackbone.Backbone.Source);
        int rows = (int)JsonNode.Parse(files.Text("config.json"))!["vocab_size"]!;
        Edit(files, "tokenizer_config.json", config => config["added_tokens_decoder"]![$"{rows}"] = new JsonObject { ["content"] = "<pad>", ["special"] = true });

        (string[] texts, int[] labels) = TinyBackbone.LabelledTexts(12);
        using TextClassifier classifier = TextClassifier.Train(ModelSource.FromSource("padded", files), texts, labels, 3, new FineTuneOptions { Epochs = 1, ValidationFraction = 0, GeometryProbe = null });

        Assert.Equal(rows + 1, classifier.LanguageModel.Tokenizer.VocabularySize);
        Assert.NotEmpty(classifier.Score(["my parcel"]).Values);
        var error = Assert.Throws<ArgumentException>(() => classifier.Score(["my <pad> parcel"]));
        Assert.Contains($"Token id {rows}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_GenerationConfigAndChatTemplates_Survive()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-side-").FullName;
        try
        {
            string from = Path.Combine(folder, "from"), to = Path.Combine(folder, "to");
            using (var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
            {
                plain.Save(from);
            }

            File.WriteAllText(Path.Combine(from, "chat_template.jinja"), "é{{ messages[0].content }}\n");
            Directory.CreateDirectory(Path.Combine(from, "additional_chat_templates"));
            File.WriteAllText(Path.Combine(from, "additional_chat_templates", "tool_use.jinja"), "{{ tools }}");
            File.WriteAllText(Path.Combine(from, "generation_config.json"), """{"eos_token_id": [0, 5], "num_beams": 4, "my_field": {"kept": [1]}}""");
            var zip = new MemorySource();
            using (var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(from)))
            {
                model.Save(to);
                model.Save(zip.Sink());
            }

            foreach (string file in new[] { "chat_template.jinja", "additional_chat_templates/tool_use.jinja" })
            {
                Assert.Equal(File.ReadAllBytes(Path.Combine(from, file)), File.ReadAllBytes(Path.Combine(to, file)));
            }

            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(Path.Combine(from, "generation_config.json"))), JsonNode.Parse(File.ReadAllText(Path.Combine(to, "generation_config.json")))));

            // A place without folders keeps the templates in tokenizer_config.json.
            Assert.DoesNotContain("chat_template.jinja", zip.Files);
            foreach (ModelSource source in new[] { ModelSource.FromDirectory(to), ModelSource.FromSource("zip", zip) })
            {
                using var again = PretrainedLanguageModel.Load(source);
                ChatTemplate template = ((PipelineTokenizer)again.Tokenizer).ChatTemplate;
                Assert.Equal(["default", "tool_use"], template.Names);
                Assert.Equal("éhello\n", template.Render([new("user", "hello")]).Text + "\n");
                Assert.Equal([0, 5], again.GenerationConfig!.EndTokenIds);
            }

            // What a former model left would speak of another one.
            using (var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
            {
                plain.Save(to);
            }

            Assert.False(File.Exists(Path.Combine(to, "generation_config.json")));
            Assert.False(File.Exists(Path.Combine(to, "chat_template.jinja")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Save_TokenizerConfigWithTemplate_KeepsIt()
    {
        MemorySource files = Copy(TinyBackbone.Backbone.Source);
        Edit(files, "tokenizer_config.json", config => config["chat_template"] = "{{ messages[0].content }}!");
        var saved = new MemorySource();
        using (var model = Load(files))
        {
            model.Save(saved.Sink());
        }

        using var again = Load(saved);
        Assert.Equal("hi!", ((PipelineTokenizer)again.Tokenizer).ChatTemplate.Render([new("user", "hi")]).Text);
    }

    [Fact]
    public void Save_TokenizerConfig_SaysHowToPadAndCut()
    {
        MemorySource files = Copy(TinyBackbone.Backbone.Source);
        Edit(files, "tokenizer_config.json", config => config.Remove("pad_token"));
        var saved = new MemorySource();
        using (var model = Load(files))
        {
            model.Save(saved.Sink());
        }

        JsonObject config = JsonNode.Parse(saved.Text("tokenizer_config.json"))!.AsObject();
        Assert.Equal(TinyBackbone.ContextLength, (int)config["model_max_length"]!);
        Assert.Equal("<|endoftext|>", (string?)config["pad_token"]);
        Assert.Equal("<|endoftext|>", (string?)JsonNode.Parse(saved.Text("special_tokens_map.json"))!["pad_token"]);

        // What the files say themselves stays.
        Edit(files, "tokenizer_config.json", own =>
        {
            own["pad_token"] = "!";
            own["model_max_length"] = 20;
        });
        using (var model = Load(files))
        {
            model.Save(saved.Sink());
        }

        config = JsonNode.Parse(saved.Text("tokenizer_config.json"))!.AsObject();
        Assert.Equal((20, "!"), ((int)config["model_max_length"]!, (string?)config["pad_token"]));
    }

    [Theory]
    [InlineData(TinyConfigs.Gpt2, """ "n_ctx": null """, "n_ctx", "n_positions")]
    [InlineData(TinyConfigs.NeoX, """ "rotary_pct": null, "rope_parameters": {"rope_type": "default", "rope_theta": 5000, "partial_rotary_factor": 0.5} """, "rotary_pct", null)]
    public void Save_ConfigOfNewerForm_SaysWhatOlderReadersLookFor(string family, string settings, string key, string? equal)
    {
        JsonObject config = TinyConfigs.Merge(family, settings);
        config.Remove(key);
        using var model = Load(SmallCheckpoint.Files(config: config.ToJsonString()));
        var saved = new MemorySource();
        model.Save(saved.Sink());

        JsonObject written = JsonNode.Parse(saved.Text("config.json"))!.AsObject();
        Assert.Equal(equal is null ? 0.5 : (double)config[equal]!, (double)written[key]!);
        Assert.Equal(equal is null ? 5000 : null, (double?)written["rotary_emb_base"]);
    }

    [Fact]
    public void Load_TiedConfigWithAnotherHead_KeepsTheFilesHead()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        string untied = TinyConfigs.Merge(TinyConfigs.Llama, "\"tie_word_embeddings\": false").ToJsonString(), tied = TinyConfigs.Merge(TinyConfigs.Llama, "\"tie_word_embeddings\": true").ToJsonString();
        MemorySource files = SmallCheckpoint.Files(config: untied);
        float[] expected = Logits(files);
        files["config.json"] = Encoding.UTF8.GetBytes(tied);

        Assert.Equal(expected, Logits(files));
    }

    [Fact]
    public void Load_TiedAndStoredAsTheHeadAlone_TakesItForTheEmbedding()
    {
        string tied = TinyConfigs.Merge(TinyConfigs.Llama, "\"tie_word_embeddings\": true").ToJsonString();
        float[] expected = Logits(SmallCheckpoint.Files(config: tied));
        MemorySource files = SmallCheckpoint.Files(
            weights =>
            {
                weights["lm_head.weight"] = weights["model.embed_tokens.weight"];
                weights.Remove("model.embed_tokens.weight");
            },
            tied);

        Assert.Equal(expected, Logits(files));
        using TorchSharp.torch.Tensor ids = TorchSharp.torch.tensor([1L, 2, 3], 1, 3);
        int states = 0;
        BackboneRegistry.RunLayers(files, [ids], (_, _, _) => states++);
        Assert.Equal(3, states);
    }

    [Theory]
    [InlineData("score.weight", "LlamaForSequenceClassification")]
    [InlineData(null, "LlamaModel")]
    public void Load_DecoderWithoutAHead_GivesStates(string? instead, string architecture)
    {
        string config = TinyConfigs.Merge(TinyConfigs.Llama, $"\"tie_word_embeddings\": false, \"architectures\": [\"{architecture}\"], \"num_labels\": 3").ToJsonString();
        MemorySource files = SmallCheckpoint.Files(
            weights =>
            {
                TorchSharp.torch.Tensor head = weights["lm_head.weight"];
                weights.Remove("lm_head.weight");
                if (instead is not null)
                {
                    weights[instead] = head[..3].contiguous();
                }
            },
            config);

        using var model = Load(files);
        using TorchSharp.torch.Tensor ids = TorchSharp.torch.tensor([1L, 2, 3], 1, 3);
        using var states = model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
        Assert.Equal([1, 3, 8], states.shape);
        Assert.Contains("no language-model head", Assert.Throws<NotSupportedException>(() => model.Backbone.Logits(states)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_orig_mod.")]
    [InlineData("module.")]
    public void Load_NamesBehindAWrappersPrefix_NamesThePrefix(string prefix)
    {
        MemorySource files = SmallCheckpoint.Files(weights =>
        {
            foreach (string name in weights.Keys.ToList())
            {
                weights[prefix + name] = weights[name];
                weights.Remove(name);
            }
        });

        Assert.Contains($"begin with '{prefix}'", Assert.Throws<ModelFileException>(() => Load(files)).Message, StringComparison.Ordinal);
    }

    private static float[] Logits(FileSource files)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var noGradient = TorchSharp.torch.no_grad();
        using var model = Load(files);
        TorchSharp.torch.Tensor ids = TorchSharp.torch.tensor([1L, 2, 3], 1, 3);
        return model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).data<float>().ToArray();
    }

    private static GeneratedText Generated(MemorySource files, TextGenerationOptions options)
    {
        using var model = Load(files);
        return model.Generate(["the"], options)[0];
    }

    private static PretrainedLanguageModel Load(FileSource files) => PretrainedLanguageModel.Load(ModelSource.FromSource("model", files));

    private static MemorySource Copy(FileSource source)
    {
        var copy = new MemorySource();
        foreach (string file in source.FileNames())
        {
            copy[file] = source.ReadAllBytes(file);
        }

        return copy;
    }

    private static void Edit(MemorySource files, string file, Action<JsonObject> edit)
    {
        JsonObject json = JsonNode.Parse(files.Text(file))!.AsObject();
        edit(json);
        files[file] = Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
