using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Models.Families;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Directories of sentence-transformers: what they say holds, and what is not known is refused by name.</summary>
public sealed class SentenceModulesTests : IDisposable
{
    private const string Transformer = """{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}""";
    private const string Pooling = """{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}""";
    private const string Normalize = """{"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-sentences-").FullName;

    public SentenceModulesTests()
    {
        foreach (string file in Directory.EnumerateFiles(TinyBert.WholeDirectory))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    public static TheoryData<string, TextPooling> Poolings => new()
    {
        { """{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}""", TextPooling.FirstToken },
        { """{"word_embedding_dimension": 32, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}""", TextPooling.Mean },
        { """{"pooling_mode_max_tokens": true}""", TextPooling.Max },
        { """{"pooling_mode_mean_sqrt_len_tokens": true}""", TextPooling.MeanSqrtLength },
        { """{"pooling_mode_weightedmean_tokens": true, "include_prompt": true}""", TextPooling.WeightedMean },
        { """{"pooling_mode_lasttoken": true}""", TextPooling.LastToken },
        { """{"embedding_dimension": 32, "pooling_mode": "weightedmean"}""", TextPooling.WeightedMean },
    };

    public static TheoryData<string, string, string> Refused => new()
    {
        { $"[{Transformer}, {Pooling}, {{\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}}]", """{"pooling_mode_mean_tokens": true}""", "models.Dense" },
        { $"[{Transformer}]", """{"pooling_mode_mean_tokens": true}""", "no module Pooling" },
        { $"[{Pooling}]", """{"pooling_mode_mean_tokens": true}""", "models.Pooling" },
        { $"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}""", "cls + mean" },
        { $"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": false}""", "no mode" },
        { $"[{Transformer}, {Pooling}]", """{"pooling_mode_median_tokens": true}""", "pooling_mode_median_tokens" },
        { $"[{Transformer}, {Pooling}]", """{"pooling_mode": "median"}""", "median" },
        { $"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true, "include_prompt": false}""", "include_prompt" },
        { $"[{Transformer}, {{\"path\": \"absent\", \"type\": \"sentence_transformers.models.Pooling\"}}]", "{}", "no folder absent" },
        { $"[{Transformer.Replace("sentence_transformers.models", "custom_st", StringComparison.Ordinal)}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""", "custom_st.Transformer" },
        { $"[{Transformer}, {Pooling.Replace("sentence_transformers.models", "my_code", StringComparison.Ordinal)}]", """{"pooling_mode_mean_tokens": true}""", "my_code.Pooling" },
        { "{}", "{}", "list" },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Load_Directory_PoolsAsItSays(string pooling, TextPooling expected)
    {
        Write($"[{Transformer}, {Pooling}, {Normalize}]", pooling);
        using PretrainedLanguageModel model = Load();

        Assert.Equal(expected, model.DefaultPooling);
        var extractor = new TextFeatureExtractor(model);
        Assert.Equal((expected, true), (extractor.Options.Pooling, extractor.Options.Normalize));
    }

    [Fact]
    public void Load_WithoutNormalize_LeavesVectorsAsTheyAre()
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""");
        using PretrainedLanguageModel model = Load();
        float[] plain = new TextFeatureExtractor(model).Extract(["the refund"], likelihoods: false)[0].Embedding!;
        float[] scaled = new TextFeatureExtractor(model, new() { Normalize = true }).Extract(["the refund"], likelihoods: false)[0].Embedding!;

        double length = Math.Sqrt(plain.Sum(value => (double)value * value));
        Assert.NotEqual(1, length, 1e-2);
        Assert.All(plain.Zip(scaled), pair => Assert.Equal(pair.First / length, pair.Second, 1e-5));
    }

    [Fact]
    public void Load_LengthInTheFile_HoldsUnlessTheOptionsNameOne()
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""", """{"max_seq_length": 7, "do_lower_case": false}""");
        using PretrainedLanguageModel model = Load();

        Assert.Equal(7, new TextFeatureExtractor(model).MaxTokens);
        Assert.Equal(9, new TextFeatureExtractor(model, new() { MaxTokens = 9 }).MaxTokens);
        Assert.Equal(7, new TextEncoder(model, null).MaxTokens);
        Assert.Equal(9, new TextEncoder(model, 9).MaxTokens);
    }

    [Theory]
    [InlineData("9", null, 9)]
    [InlineData("9", """{"do_lower_case": false}""", 9)]
    [InlineData("9", """{"max_seq_length": 7}""", 7)]
    [InlineData("9", """{"max_seq_length": 11}""", 11)]
    [InlineData("1000000000000000019884624838656", null, 40)]
    [InlineData("null", null, 40)]
    public void Load_WithoutALengthInTheFile_TheTokenizersHolds(string tokenizerLength, string? sentence, int expected)
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""", sentence);
        JsonObject tokenizer = Json(_folder, "tokenizer_config.json").AsObject();
        tokenizer["model_max_length"] = JsonNode.Parse(tokenizerLength);
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), tokenizer.ToJsonString());
        using (PretrainedLanguageModel model = Load())
        {
            Assert.Equal((expected, expected), (new TextFeatureExtractor(model).MaxTokens, new TextEncoder(model, null).MaxTokens));
        }

        // Of other directories it is no limit, as before.
        File.Delete(Path.Combine(_folder, "modules.json"));
        using PretrainedLanguageModel plain = Load();
        Assert.Equal((40, 40), (new TextFeatureExtractor(plain).MaxTokens, new TextEncoder(plain, null).MaxTokens));
    }

    [Theory]
    [InlineData("behind", "lasttoken")]
    [InlineData("behind", "mean_tokens")]
    [InlineData("before", "mean_tokens")]
    [InlineData("none", "cls_token")]
    public void Extract_DirectoryOfADecoder_ReadsWhatItsTokenizerMakesAsTheEmbedderDoes(string frame, string pooling)
    {
        const string End = "<|endoftext|>";
        string folder = Path.Combine(_folder, "decoder");
        using (var made = new PretrainedLanguageModel("qwen3", SmallFamilies.Backbone("qwen3"), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            made.Save(folder);
            made.SaveWithoutWeights(new DirectorySink(folder));
        }

        JsonObject tokenizer = Json(folder, "tokenizer.json").AsObject();
        if (frame != "none")
        {
            JsonObject special = new() { ["SpecialToken"] = new JsonObject { ["id"] = End, ["type_id"] = 0 } };
            JsonObject text = new() { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } };
            int id = (int)tokenizer["added_tokens"]!.AsArray().First(token => (string)token!["content"]! == End)!["id"]!;
            tokenizer["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = frame == "before" ? new JsonArray(special, text) : new JsonArray(text, special),
                ["pair"] = new JsonArray(text.DeepClone(), new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 0 } }),
                ["special_tokens"] = new JsonObject { [End] = new JsonObject { ["id"] = End, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(End) } },
            };
        }

        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "modules.json"), $"[{Transformer}, {Pooling}, {Normalize}]");
        Directory.CreateDirectory(Path.Combine(folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(folder, "1_Pooling", "config.json"), $"{{\"pooling_mode_{pooling}\": true}}");

        string[] texts = ["the refund", "my parcel is broken again", "e", .. frame == "none" ? [] : new[] { "" }, string.Concat(Enumerable.Repeat("please refund my payment ", 30))];
        using TextEmbedder embedder = TextEmbedder.FromPretrained(ModelSource.FromDirectory(folder), device: "cpu");
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        int[] ids = model.Tokenizer.Encode("e").Ids;
        Assert.Equal(frame switch { "behind" => [ids[0], model.Tokenizer.EosTokenId!.Value], "before" => [model.Tokenizer.EosTokenId!.Value, ids[^1]], _ => [ids[0]] }, ids);
        float[][] expected = embedder.Embed(texts);
        var extractor = new TextFeatureExtractor(model);
        TextFeatures[] alone = extractor.Extract(texts, likelihoods: false), both = extractor.Extract(texts), scored = extractor.Extract(texts, embeddings: false);

        Assert.Equal(embedder.MaxSequenceLength, extractor.MaxTokens);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(expected[i], alone[i].Embedding!, (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.Equal(alone[i].Embedding, both[i].Embedding);
            Assert.Equal(model.Tokenizer.Encode(texts[i], extractor.MaxTokens).Ids.Length, alone[i].TokenCount);

            // Likelihoods stand behind the token that begins texts, as without the directory's files.
            Assert.Equal((scored[i].LogLikelihood, scored[i].TokenCount), (both[i].LogLikelihood, both[i].TokenCount));
        }

        Assert.True(alone[^1].Truncated);
        File.Delete(Path.Combine(folder, "modules.json"));
        using PretrainedLanguageModel plain = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        Assert.Equal(scored[1].LogLikelihood!.Value, new TextFeatureExtractor(plain).Extract([texts[1]], embeddings: false)[0].LogLikelihood!.Value, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void DefaultPooling_WhatIsNotKnown_IsRefusedByNameAndAPoolingOfOnesOwnIsTheCure(string modules, string pooling, string named)
    {
        Write(modules, pooling);
        using PretrainedLanguageModel model = Load();

        Assert.Contains(named, Assert.Throws<ModelFileException>(() => model.DefaultPooling).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFileException>(() => new TextFeatureExtractor(model));
        Assert.Equal(32, new TextFeatureExtractor(model, new() { Pooling = TextPooling.Max }).Extract(["the"], likelihoods: false)[0].Embedding!.Length);
    }

    [Theory]
    [InlineData("""{"max_seq_length": 7, "do_lower_case": true}""", "do_lower_case")]
    [InlineData("""{"max_seq_length": 7, "transformer_task": "fill-mask"}""", "transformer_task")]
    [InlineData("""{"module_output_name": "logits"}""", "module_output_name")]
    [InlineData("""{"modality_config": {"image": {"method": "forward"}}}""", "modality_config")]
    [InlineData("""{"modality_config": {"text": {"method": "encode", "method_output_name": "last_hidden_state"}}}""", "modality_config")]
    [InlineData("""{"processing_kwargs": {"chat_template": {"a": "b"}}}""", "processing_kwargs")]
    public void DefaultPooling_WhatTheTransformersFileSaysAndNobodyKnows_IsRefusedByName(string sentence, string named)
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""", sentence);
        using PretrainedLanguageModel model = Load();

        Assert.Contains(named, Assert.Throws<ModelFileException>(() => model.DefaultPooling).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DefaultPooling_NewerFiles_PoolAsOlderOnes()
    {
        Write(
            $"[{Transformer.Replace("models", "base.modules.transformer", StringComparison.Ordinal)}, {Pooling}]",
            """{"embedding_dimension": 32, "pooling_mode": "mean"}""",
            """{"transformer_task": "feature-extraction", "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}, "module_output_name": "token_embeddings", "processing_kwargs": {}}""");
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), """{"truncate_dim": null}""");
        using PretrainedLanguageModel model = Load();

        Assert.Equal(TextPooling.Mean, model.DefaultPooling);
    }

    [Fact]
    public void DefaultPooling_VectorsThatAreCut_AreRefused()
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""");
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), """{"truncate_dim": 8}""");
        using PretrainedLanguageModel model = Load();

        Assert.Contains("truncate_dim", Assert.Throws<ModelFileException>(() => model.DefaultPooling).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextEncoder_NoTokens_IsRefusedByTheCallersName()
    {
        using PretrainedLanguageModel model = Load();

        Assert.Equal("maxSequenceLength", Assert.Throws<ArgumentOutOfRangeException>(() => new TextEncoder(model, 0)).ParamName);
    }

    [Fact]
    public void DefaultPooling_PromptBeforeEveryText_IsRefused()
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""");
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), """{"prompts": {"query": "q: "}, "default_prompt_name": "query"}""");
        using PretrainedLanguageModel model = Load();

        Assert.Contains("default_prompt_name", Assert.Throws<ModelFileException>(() => model.DefaultPooling).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("modules.json", "kwargs", """{"pooling_mode_mean_tokens": true}""", ", \"kwargs\": [\"task\"]", "{}")]
    [InlineData("1_Pooling", "zzz", """{"pooling_mode_mean_tokens": true, "zzz": 3}""", "", "{}")]
    [InlineData("config_sentence_transformers.json", "model_type", """{"pooling_mode_mean_tokens": true}""", "", """{"model_type": "SparseEncoder"}""")]
    [InlineData("config_sentence_transformers.json", "zzz", """{"pooling_mode_mean_tokens": true}""", "", """{"zzz": 8}""")]
    public void DefaultPooling_WhatIsNotKnown_IsNamed(string file, string key, string pooling, string module, string texts)
    {
        Write($"[{Transformer}, {Pooling[..^1]}{module}}}]", pooling);
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), texts);
        using PretrainedLanguageModel model = Load();

        string message = Assert.Throws<ModelFileException>(() => model.DefaultPooling).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(key, message, StringComparison.Ordinal);
    }

    [Fact]
    public void DefaultPooling_EveryKnownKey_IsRead()
    {
        Write(
            $"[{Transformer}, {Pooling[..^1]}, \"kwargs\": []}}]",
            """{"word_embedding_dimension": 8, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true, "include_prompt": true}""");
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), """{"__version__": {"pytorch": "2"}, "model_type": "SentenceTransformer", "prompts": {}, "default_prompt_name": null, "similarity_fn_name": "cosine"}""");
        using PretrainedLanguageModel model = Load();

        Assert.Equal(TextPooling.Mean, model.DefaultPooling);
    }

    [Theory]
    [InlineData("""{"max_seq_length": 0}""")]
    [InlineData("""{"max_seq_length": "7"}""")]
    [InlineData("[]")]
    public void Load_LengthThatIsNone_IsRefused(string sentence)
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""", sentence);

        Assert.Contains("sentence_bert_config.json", Assert.Throws<ModelFileException>(Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_EmptyTextOfAnEncoder_IsTheMeanOfItsFrame()
    {
        Write($"[{Transformer}, {Pooling}]", """{"pooling_mode_mean_tokens": true}""");
        using PretrainedLanguageModel model = Load();
        TextFeatures[] found = new TextFeatureExtractor(model).Extract(["", null, " "], likelihoods: false);
        using var scope = NewDisposeScope();
        int[] frame = [Array.IndexOf(TinyBert.Vocabulary, "[CLS]"), Array.IndexOf(TinyBert.Vocabulary, "[SEP]")];
        Tensor states = model.Backbone.Forward(tensor(frame.Select(id => (long)id).ToArray(), 1, 2), null, HiddenStateSelection.None).LastHiddenState[0];
        float[] expected = states.mean([0]).data<float>().ToArray();

        Assert.All(found, text => Assert.Equal(2, text.TokenCount));
        Assert.All(found, text => Assert.All(expected.Zip(text.Embedding!), pair => Assert.Equal(pair.First, pair.Second, 1e-5)));
    }

    [Theory]
    [MemberData(nameof(Poolings))]
    public void Save_DirectoryOfSentenceTransformers_IsOneAgain(string pooling, TextPooling expected)
    {
        Write($"[{Transformer}, {Pooling}]", pooling, """{"max_seq_length": 7, "do_lower_case": false}""");
        File.WriteAllText(Path.Combine(_folder, "config_sentence_transformers.json"), """{"prompts": {"query": "q: "}, "similarity_fn_name": "dot"}""");
        using PretrainedLanguageModel model = Load();
        string target = Path.Combine(_folder, "saved");
        model.Save(target);

        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        TextFeatureOptions options = new TextFeatureExtractor(again).Options;
        Assert.Equal((expected, false, 7), (options.Pooling, options.Normalize, options.MaxTokens));
        Assert.Equal(new TextFeatureExtractor(model).Extract(["the refund"], likelihoods: false)[0].Embedding!, new TextFeatureExtractor(again).Extract(["the refund"], likelihoods: false)[0].Embedding!);
        Assert.True(JsonNode.DeepEquals(Json(_folder, "config_sentence_transformers.json"), Json(target, "config_sentence_transformers.json")));

        // Another model takes the place: what the former one said of sentences goes.
        using var plain = PretrainedLanguageModel.Load(TinyBert.Backbone);
        plain.Save(target);
        Assert.DoesNotContain(Directory.EnumerateFiles(target).Select(Path.GetFileName), file => file!.Contains("sentence", StringComparison.Ordinal) || file == "modules.json");
    }

    [Fact]
    public void Save_WithAPooling_WritesTheFilesThatSentenceTransformersReads()
    {
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        string target = Path.Combine(_folder, "saved");
        model.Save(target, new ModelSaveOptions { Pooling = TextPooling.FirstToken });

        Assert.Equal(["Transformer", "Pooling", "Normalize"], Json(target, "modules.json").AsArray().Select(module => ((string)module!["type"]!).Split('.')[^1]));
        JsonObject pooling = Json(target, "1_Pooling", "config.json").AsObject();
        Assert.Equal(model.Backbone.Info.HiddenSize, (int)pooling["word_embedding_dimension"]!);
        Assert.Equal(["pooling_mode_cls_token"], pooling.Where(pair => pair.Key.StartsWith("pooling_mode", StringComparison.Ordinal) && (bool)pair.Value!).Select(pair => pair.Key));
        Assert.Equal(model.Backbone.Info.ContextLength, (int)Json(target, "sentence_bert_config.json")["max_seq_length"]!);
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        Assert.Equal((TextPooling.FirstToken, true), (again.DefaultPooling, new TextFeatureExtractor(again).Options.Normalize));

        again.Save(target, new ModelSaveOptions { Pooling = TextPooling.Max, Normalize = false });
        using PretrainedLanguageModel changed = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        Assert.Equal((TextPooling.Max, false), (changed.DefaultPooling, new TextFeatureExtractor(changed).Options.Normalize));
    }

    [Fact]
    public void Save_WithAPoolingThatCannotBeSaid_NamesItAndTheCure()
    {
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        using var decoder = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string target = Path.Combine(_folder, "saved");

        Assert.Contains("FirstToken", Assert.Throws<ArgumentOutOfRangeException>(() => model.Save(target, new ModelSaveOptions { Pooling = TextPooling.Family })).Message, StringComparison.Ordinal);
        Assert.Contains("Normalize", Assert.Throws<ArgumentOutOfRangeException>(() => model.Save(target, new ModelSaveOptions { Normalize = true })).Message, StringComparison.Ordinal);
        Assert.Contains("decoder", Assert.Throws<ArgumentException>(() => decoder.Save(target, new ModelSaveOptions { Pooling = TextPooling.Mean })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(target));
    }

    private static JsonNode Json(params string[] path) => JsonNode.Parse(File.ReadAllText(Path.Combine(path)))!;

    private void Write(string modules, string pooling, string? sentence = null)
    {
        File.WriteAllText(Path.Combine(_folder, "modules.json"), modules);
        Directory.CreateDirectory(Path.Combine(_folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(_folder, "1_Pooling", "config.json"), pooling);
        if (sentence is not null)
        {
            File.WriteAllText(Path.Combine(_folder, "sentence_bert_config.json"), sentence);
        }
    }

    private PretrainedLanguageModel Load() => PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder));
}
