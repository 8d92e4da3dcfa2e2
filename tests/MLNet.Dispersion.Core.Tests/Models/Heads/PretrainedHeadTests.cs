using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Models.Families;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Heads;

/// <summary>Saved classifiers: what is wrong with them is named, what is right is scored, trained further and saved.</summary>
public sealed class PretrainedHeadTests : IDisposable
{
    private static readonly string[] Colours = ["red", "green", "blue"];

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-heads-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"0": "red", "2": "green", "3": "blue"}""", "id2label", "none for 1")]
    [InlineData("""{"0": "red", "1": "green", "01": "blue"}""", "id2label", "the id 1 twice")]
    [InlineData("""{"0": "red", "1": "green", "2": "blue", "3": "grey"}""", "id2label", "4 labels")]
    [InlineData("""{"0": "red", "1": "green"}""", "id2label", "2 labels")]
    [InlineData("""{"0": "red", "1": 7, "2": "blue"}""", "id2label", "texts")]
    [InlineData("""{"0": "red", "one": "green", "2": "blue"}""", "id2label", "'one'")]
    public void Load_WrongLabels_NamesFileFieldAndFault(string labels, string field, string fault) =>
        AssertRefused(config => config["id2label"] = JsonNode.Parse(labels), "config.json", field, fault);

    [Fact]
    public void Load_OtherWrongFields_NamesThem()
    {
        AssertRefused(config => config["problem_type"] = "ranking", "config.json", "problem_type", "'ranking'", "multi_label_classification");
        AssertRefused(config => config["label2id"] = JsonNode.Parse("""{"red": 0, "green": 0, "blue": 2}"""), "config.json", "label2id", "green");
        AssertRefused(config => config["num_labels"] = 5, "config.json", "num_labels", "3 rows");
        AssertRefused(config => config["architectures"] = new JsonArray("BertForQuestionAnswering"), "model.safetensors", "qa_outputs.weight", "missing");
        AssertRefused(config => config["architectures"] = 7, "config.json", "architectures");
    }

    [Fact]
    public void Load_HeadOfAnotherShapeOrIncomplete_NamesTheTensor()
    {
        AssertRefused(Tensors(("classifier.weight", [3, 31]), ("classifier.bias", [3])), "model.safetensors", "classifier.weight", "[3, 31]");
        AssertRefused(Tensors(("classifier.weight", [3, 32]), ("classifier.bias", [4])), "model.safetensors", "classifier.bias", "[4]");
        AssertRefused(Tensors(("classifier.weight", [3, 32])), "model.safetensors", "classifier.bias is missing", "BackboneRegistry.Load");
        AssertRefused(Tensors(), "model.safetensors", "classifier.weight, classifier.bias are missing", "remove 'architectures'");
        AssertRefused(Tensors(("classifier.weight", [96]), ("classifier.bias", [3])), "model.safetensors", "classifier.weight", "matrix");
        AssertRefused(Tensors(("classifier.weight", [3, 32]), ("classifier.bias", [3]), ("classifier.dense.weight", [32, 32])), "model.safetensors", "classifier.dense.weight is surplus");
    }

    [Fact]
    public void Load_TensorsOfAHeadThatNothingFits_AreRefusedWithWhatIsMissingAndSurplus()
    {
        AssertUnnamed(null, [("classifier.weight", [3, 32])], "classifier.weight", "BertForSequenceClassification", "classifier.bias is missing", "no tensor is surplus", "BackboneRegistry.Load");
        AssertUnnamed("MyModel", [("classifier.0.weight", [8, 32]), ("classifier.2.weight", [3, 8])], "MyModel", "classifier.weight, classifier.bias are missing", "classifier.0.weight, classifier.2.weight are surplus");
        AssertUnnamed("BertModel", [("classifier.weight", [3, 32])], "BertModel", "classifier.bias is missing");
        AssertUnnamed(null, [("classifier.weight", [3, 32]), ("classifier.bias", [3]), ("qa_outputs.weight", [2, 32]), ("qa_outputs.bias", [2])], "BertForSequenceClassification", "qa_outputs.weight", "would be lost");
        AssertUnnamed("MyModel", [("cls.predictions.bias", [30])], "BertForMaskedLM", "cls.predictions.transform.dense.weight");
    }

    [Theory]
    [InlineData("BertModel")]
    [InlineData("BertForPreTraining")]
    public void Load_WhatIsLeftOfAPretrainingHead_IsPassedOverUnderTheNetworksOwnClass(string architecture)
    {
        MemorySource files = Tensors(("cls.predictions.bias", [30]), ("cls.seq_relationship.weight", [2, 32]), ("cls.seq_relationship.bias", [2]));
        Edit(files, config => config["architectures"] = new JsonArray(architecture));
        using PretrainedLanguageModel model = Load(files);
        Assert.Null(model.Head);
    }

    /// <summary>Sentence encoders of the hub keep the class that they were pre-trained as, without its head.</summary>
    [Fact]
    public void Load_ClassOfMaskedTokensWithoutItsHead_IsTheNetworkAlone()
    {
        MemorySource files = Tensors();
        Edit(files, config => config["architectures"] = new JsonArray("BertForMaskedLM"));
        using PretrainedLanguageModel model = Load(files);
        Assert.Null(model.Head);

        MemorySource part = Tensors(("cls.predictions.transform.dense.bias", [32]));
        Edit(part, config => config["architectures"] = new JsonArray("BertForMaskedLM"));
        AssertRefused(part, "model.safetensors", "cls.predictions.transform.dense.weight", "missing");
    }

    [Theory]
    [InlineData("BertForMultipleChoice")]
    [InlineData("BertForNextSentencePrediction")]
    [InlineData("BertForSentimentOfMine")]
    public void Load_ClassOfATaskThatIsKnownNowhere_IsRefusedByName(string architecture)
    {
        MemorySource files = Tensors(("classifier.weight", [1, 32]), ("classifier.bias", [1]), ("cls.seq_relationship.weight", [2, 32]), ("cls.seq_relationship.bias", [2]));
        Edit(files, config =>
        {
            config["architectures"] = new JsonArray(architecture);
            config.Remove("id2label");
            config.Remove("label2id");
            config.Remove("problem_type");
        });
        AssertRefused(files, "config.json", "architectures", architecture, "BertForSequenceClassification, BertForTokenClassification, BertForQuestionAnswering, BertForMaskedLM", "BackboneRegistry.Load");
    }

    [Theory]
    [InlineData("bert", null)]
    [InlineData("bert", true)]
    [InlineData("roberta", true)]
    public void Save_MaskedHeadThatIsNotTheEmbedding_SaysSo(string family, bool? tie)
    {
        string target = SaveHead(family, HeadTask.MaskedTokens);
        var files = new DirectorySource(target);
        string output;
        float[] expected;
        using (PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target)))
        {
            // Tied as it was saved.
            Assert.Null(model.Head!.Last);
            Assert.NotEqual(false, (bool?)Config(target)["tie_word_embeddings"]);
            output = model.Head.Spec.Output + ".weight";
            using var scope = NewDisposeScope();
            Dictionary<string, Tensor> tensors = [];
            WeightFiles weights = WeightFiles.Open(files);
            foreach (var (_, entry) in weights.Entries)
            {
                tensors[entry.Name] = empty([.. entry.Shape]);
            }

            weights.Read(name => tensors[name]);
            tensors[output] = model.Backbone.TokenEmbeddingWeight!.detach().mul(2);
            expected = tensors[output].data<float>().ToArray();
            new DirectorySink(target).Write("model.safetensors", stream => SafetensorsWriter.Write(stream, [.. tensors]));
        }

        JsonObject config = Config(target);
        config.Remove("tie_word_embeddings");
        if (tie is { } value)
        {
            config["tie_word_embeddings"] = value;
        }

        File.WriteAllText(Path.Combine(target, "config.json"), config.ToJsonString());
        string again = Path.Combine(_folder, "again");
        using (PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target)))
        {
            Assert.Equal(expected, model.Head!.Last!.Weight.data<float>().ToArray());
            model.Save(again);
        }

        Assert.False((bool?)Config(again)["tie_word_embeddings"]);
        using PretrainedLanguageModel opened = PretrainedLanguageModel.Load(ModelSource.FromDirectory(again));
        Assert.Equal(expected, opened.Head!.Last!.Weight.data<float>().ToArray());

        static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
    }

    [Fact]
    public void Load_WithoutArchitecturesOrLabels_FindsTheHeadAndNamesLabelsAsHuggingFaceDoes()
    {
        MemorySource files = Classifier();
        Edit(files, config =>
        {
            config.Remove("architectures");
            config.Remove("id2label");
            config.Remove("label2id");
            config.Remove("problem_type");
        });
        using PretrainedLanguageModel model = Load(files);
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], model.Head!.Labels);
        Assert.Equal(ProblemType.SingleLabel, model.Head.ProblemType);
    }

    [Fact]
    public void FromPretrained_Classifier_ScoresAsItsHeadDoesAndIsSavedInOurFormToo()
    {
        MemorySource files = Classifier();
        string[] texts = ["a cat", "", "want unwanted un", "中 文"];
        using var classifier = TextClassifier.FromPretrained(ModelSource.FromSource("saved", files), device: "cpu");
        Assert.Equal(Colours, classifier.LabelNames);
        float[] scores = classifier.Score(texts).Values;

        IReadOnlyList<TextHeadOutputs> asked = classifier.LanguageModel.AskHead(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            using Tensor logits = tensor(asked[i].Logits);
            Assert.All(scores.Skip(3 * i).Take(3).Zip(logits.softmax(0).data<float>().ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
        }

        var saved = new MemorySource();
        classifier.Save(saved.Sink());
        using var again = TextClassifier.Load(saved, "cpu");
        Assert.Equal(scores, again.Score(texts).Values);
        Assert.Equal(Colours, again.LabelNames);
    }

    [Theory]
    [InlineData("llama", "LlamaForQuestionAnswering", "transformer.")]
    [InlineData("smollm3", "SmolLM3ForQuestionAnswering", "transformer.")]
    [InlineData("mistral", "MistralForQuestionAnswering", "model.")]
    public void Save_Spans_CallsTheNetworkAsTheClassDoes(string family, string architecture, string prefix)
    {
        string target = SaveHead(family, HeadTask.Spans);

        Assert.Equal(architecture, (string)JsonNode.Parse(File.ReadAllText(Path.Combine(target, "config.json")))!["architectures"]![0]!);
        string[] names = [.. WeightFiles.Open(new DirectorySource(target)).Entries.Select(pair => pair.Entry.Name)];
        Assert.All(names, name => Assert.True(name.StartsWith(prefix, StringComparison.Ordinal) || name.Split('.')[0] is "qa_outputs" or "lm_head", name));
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        Assert.Equal(HeadTask.Spans, again.Head!.Task);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Save_EveryHeadOfEveryFamily_HasTheClasssPrefixBeforeTheNetworksNames(string family)
    {
        using LanguageBackbone network = SmallFamilies.Backbone(family);
        foreach (HeadSpec spec in network.Heads.DistinctBy(head => head.Task))
        {
            string prefix = spec.Prefix ?? network.Architecture!.Names.Prefix;
            string target = SaveHead(family, spec.Task);
            string[] names = [.. WeightFiles.Open(new DirectorySource(target)).Entries.Select(pair => pair.Entry.Name)];
            string[] outside = [.. network.Architecture!.Names.Tail.Where(named => named.Part == WeightPart.Head).Select(named => named.Name)];
            Assert.All(names, name => Assert.True(name.StartsWith(prefix, StringComparison.Ordinal) || spec.Owns(name) || outside.Any(own => name.StartsWith(own + ".", StringComparison.Ordinal)), $"{spec.Task}: {name}"));
            using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
            Assert.Equal(spec.Task, again.Head!.Task);
        }
    }

    [Fact]
    public void Load_NomicBertsMaskedHeadUnderAnotherReleasesNames_IsRead()
    {
        string file = Path.Combine(SaveHead("nomic_bert", HeadTask.MaskedTokens), "model.safetensors");
        byte[] bytes = File.ReadAllBytes(file), former = "transform.layernorm"u8.ToArray(), other = "transform.LayerNorm"u8.ToArray();
        int found = 0;
        for (int at = bytes.AsSpan().IndexOf(former); at >= 0; at = bytes.AsSpan().IndexOf(former), found++)
        {
            other.CopyTo(bytes, at);
        }

        File.WriteAllBytes(file, bytes);
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(Path.GetDirectoryName(file)!));
        Assert.Equal((2, HeadTask.MaskedTokens), (found, model.Head!.Task));
    }

    [Theory]
    [InlineData("granite", "GraniteForSequenceClassification")]
    [InlineData("olmo3", "Olmo3ForTokenClassification")]
    [InlineData("nomic_bert", "NomicBertForQuestionAnswering")]
    public void Load_HeadOfAClassThatTheFamilyHasNot_IsRefusedByName(string family, string architecture)
    {
        string target = Path.Combine(_folder, family);
        using (LanguageBackbone backbone = SmallFamilies.Backbone(family))
        using (var model = new PretrainedLanguageModel(family, backbone, TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            model.Save(target);
        }

        string path = Path.Combine(target, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        config["architectures"] = new JsonArray(architecture);
        File.WriteAllText(path, config.ToJsonString());
        Assert.Contains(architecture[architecture.IndexOf("For", StringComparison.Ordinal)..], Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromDirectory(target))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromPretrained_AnotherKindOfHead_SaysWhatThereIs()
    {
        MemorySource files = Classifier(problem: ProblemType.MultiLabel);
        var error = Assert.Throws<ArgumentException>(() => TextClassifier.FromPretrained(ModelSource.FromSource("saved", files), device: "cpu"));
        Assert.Contains("MultiLabel", error.Message, StringComparison.Ordinal);
        Assert.Contains("hold no head", Assert.Throws<ArgumentException>(() => TextRegressor.FromPretrained(TinyBert.Backbone, device: "cpu")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_FromTheHead_NeedsTheSameLabelsInAnyOrder()
    {
        ModelSource source = ModelSource.FromSource("saved", Classifier());
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        FineTuneOptions options = Options(HeadStart.Pretrained);

        var error = Assert.Throws<ArgumentException>(() => TextClassifier.Train(source, texts, labels, 3, options, labelNames: ["red", "green", "grey"]));
        Assert.All(new[] { "red, green, blue", "grey", "HeadStart.Linear" }, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Contains("5", Assert.Throws<ArgumentException>(() => TextClassifier.Train(source, texts, labels, 5, options)).Message, StringComparison.Ordinal);

        // Rate so small that nothing moves: the scores are the head's, in the rows' order of labels.
        options.LearningRate = 1e-30;
        options.HeadLearningRateMultiplier = 1;
        using var before = TextClassifier.FromPretrained(source, device: "cpu");
        using var after = TextClassifier.Train(source, texts, labels, 3, options, labelNames: ["blue", "red", "green"]);
        float[] old = before.Score(texts).Values, now = after.Score(texts).Values;
        Assert.All(Enumerable.Range(0, texts.Length), i => Assert.Equal(old[(3 * i) + 2], now[3 * i], 1e-5f));

        using var fresh = TextClassifier.Train(source, texts, labels, 3, Options(HeadStart.Linear), labelNames: ["red", "green", "grey"]);
        Assert.Null(fresh.LanguageModel.Head);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    [InlineData("roberta")]
    public void SavePretrained_FittedOnTheFamilysHead_ScoresTheSameWhenOpened(string name)
    {
        ModelSource source = Backbone(name);
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        using var fitted = TextClassifier.Train(source, texts, labels, 3, Options(HeadStart.Family), labelNames: Colours);
        string target = Path.Combine(_folder, "saved");
        fitted.SavePretrained(target);

        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(target, "config.json")))!;
        Assert.EndsWith("ForSequenceClassification", (string?)config["architectures"]![0], StringComparison.Ordinal);
        Assert.Equal("green", (string?)config["id2label"]!["1"]);
        Assert.Equal(1, (int?)config["label2id"]!["green"]);
        Assert.Equal("single_label_classification", (string?)config["problem_type"]);
        using var opened = TextClassifier.FromPretrained(ModelSource.FromDirectory(target), device: "cpu");
        Assert.Equal(fitted.Score(texts).Values, opened.Score(texts).Values);

        var error = Assert.Throws<ArgumentException>(() => fitted.SavePretrained(target, ["a", "a", "b"]));
        Assert.Contains("2 of them different", error.Message, StringComparison.Ordinal);
    }

    /// <summary>One weight that is no number makes every result one: it is found when the files are read, wherever it lies.</summary>
    [Theory]
    [InlineData("model.safetensors", float.NaN)]
    [InlineData("model.safetensors", float.NegativeInfinity)]
    [InlineData("adapter_model.safetensors", float.NaN)]
    public void Load_AWeightThatIsNoNumber_NamesFileAndTensor(string file, float value)
    {
        ModelSource source = Backbone("bert");
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        FineTuneOptions options = Options(HeadStart.Family);
        options.Lora = file.StartsWith("adapter", StringComparison.Ordinal) ? new LoraOptions() : null;
        using var fitted = TextClassifier.Train(source, texts, labels, 3, options);
        var files = new MemorySource();
        fitted.LanguageModel.Save(files.Sink(), options.Lora is null ? null : new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        byte[] bytes = [.. files[file]];
        BitConverter.GetBytes(value).CopyTo(bytes, bytes.Length - sizeof(float));
        files[file] = bytes;

        var error = Assert.Throws<ModelFileException>(() => (options.Lora is null ? Load(files) : PretrainedLanguageModel.Load(source, new ModelLoadOptions { Adapter = files })).Dispose());

        string last = new SafetensorsReader(new MemoryStream(bytes), file).Entries[^1].Name;
        Assert.Contains("no number or infinite", error.Message, StringComparison.Ordinal);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(last, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Labels are put on a scale that the head can reach, and the head that is saved gives the labels themselves.</summary>
    [Theory]
    [InlineData("bert", -8192)]
    [InlineData("roberta", 1e6)]
    [InlineData("llama", 0)]
    public void SavePretrained_RegressorOnTheFamilysHead_FollowsTheScaleOfTheLabels(string name, double shift)
    {
        const double Factor = 4096;
        ModelSource source = Backbone(name);
        string[] texts = TinyBackbone.LabelledTexts(12).Texts;
        float[] labels = [.. Enumerable.Range(0, texts.Length).Select(i => i % 5 + 1f)];
        using var small = TextRegressor.Train(source, texts, labels, Options(HeadStart.Family));
        using var large = TextRegressor.Train(source, texts, [.. labels.Select(label => (float)((label * Factor) + shift))], Options(HeadStart.Family));
        string target = Path.Combine(_folder, "regressor");
        large.SavePretrained(target);
        using var opened = TextRegressor.FromPretrained(ModelSource.FromDirectory(target), device: "cpu");

        float[] found = [.. large.Score(texts).Values];
        Assert.All(small.Score(texts).Values.Zip(found), pair => Assert.Equal((pair.First * Factor) + shift, pair.Second, Factor * 1e-2));
        Assert.Equal(found, opened.Score(texts).Values);
        Assert.Equal((0, 1), (large.LabelMean, large.LabelDeviation));
    }

    /// <summary>What goes on from a head that gives the labels themselves is trained on their scale too, whatever it is.</summary>
    [Theory]
    [InlineData("bert", 1e-4, 0)]
    [InlineData("llama", 1e-4, 0)]
    [InlineData("bert", 1e30, 0)]
    [InlineData("bert", 1e-2, 50)]
    public void Train_GoingOnFromARegressorsHead_FollowsTheScaleOfTheLabels(string name, double factor, double shift)
    {
        string[] texts = TinyBackbone.LabelledTexts(12).Texts;
        float[] labels = [.. Enumerable.Range(0, texts.Length).Select(i => (float)((((i % 5) - 2) * factor) + shift))];
        using var first = TextRegressor.Train(Backbone(name), texts, labels, Options(HeadStart.Family));
        string target = Path.Combine(_folder, "regressor");
        first.SavePretrained(target);

        using var second = TextRegressor.Train(ModelSource.FromDirectory(target), texts, labels, Options(HeadStart.Pretrained));

        double Error(TextRegressor regressor) => regressor.Score(texts).Values.Zip(labels, (score, label) => Math.Pow((score - (double)label) / factor, 2)).Average();
        Assert.InRange(Error(second), 0, 1.2 * Error(first));
        Assert.Equal((0, 1), (second.LabelMean, second.LabelDeviation));
    }

    /// <summary>As PEFT writes adapters of classifiers: names of the task's class, the head kept whole, the task.</summary>
    [Theory]
    [InlineData("bert", "base_model.model.bert.", "classifier")]
    [InlineData("llama", "base_model.model.model.layers.", "score")]
    [InlineData("roberta", "base_model.model.roberta.", "classifier.dense")]
    public void SaveAdapter_OfAClassifier_HoldsTheTrainedHead(string name, string layers, string head)
    {
        ModelSource source = Backbone(name);
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        FineTuneOptions options = Options(HeadStart.Family);
        options.Lora = new LoraOptions { TargetModules = ["all-linear"], Bias = LoraBias.All };
        options.LearningRate = 1e-2;
        using var fitted = TextClassifier.Train(source, texts, labels, 3, options);
        using var scope = NewDisposeScope();
        Tensor ids = tensor(new long[] { 5, 9, 11, 8 }).unsqueeze(0);
        float[] expected = Outputs(fitted.LanguageModel);

        foreach (AdapterSaving saving in Enum.GetValues<AdapterSaving>())
        {
            var files = new MemorySource();
            fitted.LanguageModel.Save(files.Sink(), new ModelSaveOptions { Adapter = saving });

            string[] tensors = [.. new SafetensorsReader(new MemoryStream(files["adapter_model.safetensors"]), "adapter").Entries.Select(entry => entry.Name)];
            Assert.Contains($"base_model.model.{head}.weight", tensors);
            Assert.All(tensors.Where(tensor => tensor.Contains("lora_", StringComparison.Ordinal)), tensor => Assert.StartsWith(layers, tensor, StringComparison.Ordinal));
            JsonNode config = JsonNode.Parse(files.Text("adapter_config.json"))!;
            Assert.Equal("SEQ_CLS", (string?)config["task_type"]);
            Assert.Equal(["classifier", "score"], config["modules_to_save"]!.AsArray().Select(module => (string?)module));
            Assert.All(config["target_modules"]!.AsArray(), module => Assert.Contains($"base_model.model.{module}.lora_A.weight", tensors));

            using PretrainedLanguageModel again = saving == AdapterSaving.Everything ? Load(files) : PretrainedLanguageModel.Load(source, new ModelLoadOptions { Adapter = files });
            Assert.Equal(expected, Outputs(again));
            var twice = new MemorySource();
            again.Save(twice.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
            using PretrainedLanguageModel third = PretrainedLanguageModel.Load(source, new ModelLoadOptions { Adapter = twice });
            Assert.Equal(expected, Outputs(third));
        }

        float[] Outputs(PretrainedLanguageModel model)
        {
            using var noGradient = no_grad();
            return model.Head!.Outputs(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, ids, null).data<float>().ToArray();
        }
    }

    [Fact]
    public void SavePretrained_LinearHead_IsWrittenWhereTheFamilyHasOneAndRefusedElsewhere()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        string target = Path.Combine(_folder, "saved");
        foreach (string name in new[] { "bert", "llama" })
        {
            FineTuneOptions options = Options(HeadStart.Linear);
            options.Pooling = TextPooling.Family;
            using var fitted = TextClassifier.Train(Backbone(name), texts, labels, 3, options);
            fitted.SavePretrained(target, Colours);
            using var opened = TextClassifier.FromPretrained(ModelSource.FromDirectory(target), device: "cpu");
            Assert.All(fitted.Score(texts).Values.Zip(opened.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }

        using var other = TextClassifier.Train(Backbone("roberta"), texts, labels, 3, Options(HeadStart.Linear));
        var error = Assert.Throws<NotSupportedException>(() => other.SavePretrained(target));
        Assert.Contains("classifier.dense", error.Message, StringComparison.Ordinal);
        Assert.Contains("HeadStart.Family", error.Message, StringComparison.Ordinal);

        FineTuneOptions pooled = Options(HeadStart.Family);
        pooled.Pooling = TextPooling.Max;
        Assert.Contains("Pooling is Max", Assert.Throws<ArgumentException>(() => TextClassifier.Train(Backbone("roberta"), texts, labels, 3, pooled)).Message, StringComparison.Ordinal);
        pooled.HeadStart = HeadStart.Linear;
        using var greatest = TextClassifier.Train(Backbone("bert"), texts, labels, 3, pooled);
        Assert.Contains("the pooling Max", Assert.Throws<NotSupportedException>(() => greatest.SavePretrained(target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SavePretrained_Regressor_HoldsTheScaleOfTheLabels()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        float[] values = [.. labels.Select(label => 100f + (3 * label))];
        string target = Path.Combine(_folder, "saved");
        FineTuneOptions options = Options(HeadStart.Linear);
        options.Pooling = TextPooling.Family;
        using var fitted = TextRegressor.Train(Backbone("bert"), texts, values, options);
        fitted.SavePretrained(target);
        using var opened = TextRegressor.FromPretrained(ModelSource.FromDirectory(target), device: "cpu");
        Assert.All(fitted.Score(texts).Values.Zip(opened.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));

        using var decoder = TextRegressor.Train(Backbone("llama"), texts, values, options);
        Assert.Contains("no bias", Assert.Throws<NotSupportedException>(() => decoder.SavePretrained(target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_PaddingTokensAtTheEndOfAText_AreNotRead()
    {
        using var scope = NewDisposeScope();
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(Backbone("llama"));
        using PretrainedHead head = PretrainedHead.Create(model.Backbone, new HeadLabels(Colours, ProblemType.SingleLabel), seed: 3);
        int pad = model.Backbone.Info.PadTokenId!.Value;
        Assert.Equal([5, 6], head.Trimmed([5, 6, pad, pad]));
        Assert.Equal([pad], head.Trimmed([pad, pad]));
        Assert.Equal([pad, 7], head.Trimmed([pad, 7]));
    }

    private static FineTuneOptions Options(HeadStart start) => new()
    {
        HeadStart = start,
        Epochs = 1,
        MicroBatchSize = 8,
        LearningRate = 1e-3,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Device = "cpu",
        GeometryProbe = null,
        Seed = 1,
        Dispersion = { MaxTokens = 4 },
    };

    private static PretrainedLanguageModel Load(MemorySource files) => PretrainedLanguageModel.Load(ModelSource.FromSource("saved", files));

    /// <summary>A small BERT with a head of three classes.</summary>
    private static MemorySource Classifier(ProblemType problem = ProblemType.SingleLabel)
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        model.ReplaceHead(PretrainedHead.Create(model.Backbone, new HeadLabels(Colours, problem), seed: 3));
        using (no_grad())
        {
            model.Head!.Last!.Weight.mul_(20);
        }

        var files = new MemorySource();
        model.Save(files.Sink());
        return files;
    }

    private static ModelSource Backbone(string name)
    {
        if (name == "bert")
        {
            return TinyBert.Backbone;
        }

        TextTokenizer tokenizer = TextTokenizer.Load(TinyBackbone.Backbone.Source);
        string own = name == "llama"
            ? "\"model_type\": \"llama\", \"intermediate_size\": 24, \"max_position_embeddings\": 64, \"pad_token_id\": 3"
            : "\"model_type\": \"roberta\", \"intermediate_size\": 24, \"max_position_embeddings\": 66, \"pad_token_id\": 1, \"hidden_dropout_prob\": 0, \"attention_probs_dropout_prob\": 0";
        using var generator = new Generator(7, CPU);
        using var model = new PretrainedLanguageModel(name, BackboneRegistry.Create($$"""{"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2, "vocab_size": {{tokenizer.VocabularySize}}, "initializer_range": 0.3, {{own}}}""", generator), tokenizer);
        var files = new MemorySource();
        model.Save(files.Sink());
        return ModelSource.FromSource(name, files);
    }

    private static void Edit(MemorySource files, Action<JsonObject> edit)
    {
        JsonObject config = JsonNode.Parse(files.Text("config.json"))!.AsObject();
        edit(config);
        files["config.json"] = System.Text.Encoding.UTF8.GetBytes(config.ToJsonString());
    }

    private string SaveHead(string family, HeadTask task)
    {
        using var model = new PretrainedLanguageModel(family, SmallFamilies.Backbone(family), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        HeadSpec spec = model.Backbone.Heads.First(head => head.Task == task);
        model.ReplaceHead(PretrainedHead.Create(model.Backbone, spec, new HeadLabels([], null), task == HeadTask.Spans ? 2 : model.Backbone.Info.VocabularySize, seed: 5));
        string target = Path.Combine(_folder, $"{family}-{task}");
        model.Save(target);
        return target;
    }

    private static void AssertRefused(Action<JsonObject> edit, params string[] parts)
    {
        MemorySource files = Classifier();
        Edit(files, edit);
        AssertRefused(files, parts);
    }

    /// <summary>With such a class, or none, and such tensors beside the network.</summary>
    private static void AssertUnnamed(string? architecture, (string Name, long[] Shape)[] head, params string[] parts)
    {
        MemorySource files = Tensors(head);
        Edit(files, config =>
        {
            config.Remove("architectures");
            if (architecture is not null)
            {
                config["architectures"] = new JsonArray(architecture);
            }
        });
        AssertRefused(files, ["model.safetensors", .. parts]);
    }

    private static void AssertRefused(MemorySource files, params string[] parts)
    {
        var error = Assert.Throws<ModelFileException>(() => Load(files));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    /// <summary>The classifier with other tensors for its head.</summary>
    private static MemorySource Tensors(params (string Name, long[] Shape)[] head)
    {
        MemorySource files = Classifier();
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        using var scope = NewDisposeScope();
        KeyValuePair<string, Tensor>[] tensors = [.. model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (Tensor)pair.parameter)), .. head.Select(pair => KeyValuePair.Create(pair.Name, zeros(pair.Shape)))];
        files.Sink().Write("model.safetensors", stream => SafetensorsWriter.Write(stream, tensors));
        return files;
    }
}
