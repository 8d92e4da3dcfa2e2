using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Real models, in one GGUF file or in a directory, through all that a user does with one: chat and mid-train where they write, and embed, diagnose, classify, regress, save and load whatever they are.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class RealModelUseTests : ReferenceTests
{
    private const double CosineTolerance = 2e-6;

    private const int Rows = 18;
    private const int Pairs = 12;

    // Those of one file have over a hundred million parameters, so that they take the long run; those of directories are small enough for each.
    private static IEnumerable<string> FileKeys => RealModels.Keys(RealModels.IsFile);

    private static IEnumerable<string> DirectoryKeys => RealModels.Keys(folder => !RealModels.IsFile(folder) && File.Exists(Path.Combine(folder, "config.json")));

    [SkippableFact]
    public void Template_Conversations_RendersAndEncodesAsTheReference() => Each(FileKeys, folder =>
    {
        var tokenizer = (PipelineTokenizer)TextTokenizer.Load(Source(folder).Source);
        foreach (var (index, chat) in folder.Json("golden", "token_ids.json").GetProperty("chats").EnumerateArray().Index())
        {
            folder.Case($"chat {index}", () =>
            {
                ChatText text = tokenizer.ChatTemplate.Render(Messages(chat), new() { AddGenerationPrompt = chat.GetProperty("add_generation_prompt").GetBoolean() });
                Assert.Equal(chat.GetProperty("text").GetString(), text.Text);
                Assert.Equal(Ids(chat.GetProperty("ids")), tokenizer.Tokenize(text.Text, options: new() { AddSpecialTokens = false }).Ids);
            });
        }
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Chat_Conversations_WritesTheReferencesTokens() => EachModel(FileKeys, (folder, model) =>
    {
        foreach (var (index, chat) in folder.Json("golden", "expected.json").GetProperty("greedy").EnumerateArray().Index().Where(text => text.Item.TryGetProperty("messages", out JsonElement messages) && messages.ValueKind == JsonValueKind.Array))
        {
            folder.Case($"answer {index}", () =>
            {
                int[] expected = Ids(chat.GetProperty("new_ids"));
                bool ends = chat.GetProperty("stopped_at_eos").GetBoolean();
                var options = new TextGenerationOptions { MaxNewTokens = expected.Length };
                GeneratedText answer = model.Chat(Messages(chat), options);
                Assert.Equal(ends ? expected[..^1] : expected, answer.TokenIds);
                Assert.Equal(ends ? GenerationFinishReason.EndOfText : GenerationFinishReason.MaxNewTokens, answer.FinishReason);
                Assert.Equal(answer.Text, string.Concat(model.ChatStreaming(Messages(chat), options)));
            });
        }
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Diagnose_ModelOfOneFile_GivesTheReferencesCosinesAndTheSameBitsLayerByLayer() => Each(FileKeys, Diagnose);

    [SkippableFact]
    public void Diagnose_ModelInADirectory_GivesTheReferencesCosinesAndTheSameBitsLayerByLayer() => Each(DirectoryKeys, Diagnose);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void MidTrain_ThenSave_LoadsWithTheSameAnswersAndSideFiles() => EachModel(FileKeys, (folder, model) => folder.Case("mid-training", () =>
    {
        string text = folder.Json("golden", "expected.json").GetProperty("texts").EnumerateArray().First().GetProperty("text").GetString()!;
        int[] ids = model.Tokenizer.Encode(text).Ids;
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, [ids]);
        FineTuneResult result = LanguageModelTrainer.Train(model, [ids, ids, ids], new FineTuneOptions
        {
            LearningRate = 1e-4, WarmupRatio = 0, MicroBatchSize = 1, MaxSteps = 3, ValidationFraction = 0, GeometryProbe = null, Dispersion = { Coefficient = 0.1 },
        });
        double after = LanguageModelTrainer.MeanNegativeLogLikelihood(model, [ids]);
        Assert.Null(result.Warning);
        Assert.True(after < before - 0.05, $"{before} to {after}");

        using var saved = new TemporaryFolder();
        model.Save(saved.Path);
        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(saved.Path));
        Assert.Equal(after, LanguageModelTrainer.MeanNegativeLogLikelihood(again, [ids]));
        Assert.Equal(model.EndTokenIds.Order(), again.EndTokenIds.Order());
        ChatMessage[] question = [new("user", "Say hello.")];
        Assert.Equal(model.Chat(question, new() { MaxNewTokens = 8 }).TokenIds, again.Chat(question, new() { MaxNewTokens = 8 }).TokenIds);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(saved.Path, "tokenizer_config.json")))!.AsObject();
        Assert.Equal(model.Backbone.Info.ContextLength, (int)config["model_max_length"]!);
        Assert.NotNull(config["pad_token"]);
        Assert.NotNull(config["chat_template"]);
    }));

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Train_HeadsOnAModelOfOneFile_LossesFallAndScoresReload() => Each(FileKeys, TrainHeads);

    [SkippableFact]
    public void Train_HeadsOnAModelInADirectory_LossesFallAndScoresReload() => Each(DirectoryKeys, TrainHeads);

    [SkippableFact]
    public void Embed_Texts_AreThoseOfTheHiddenStates() => EachModel(FileKeys.Concat(DirectoryKeys), (folder, model) => folder.Case("embeddings", () =>
    {
        string[] texts = ["A cold rain fell.", "", "The soup is hot, and the bread is warm."];
        TextFeatures[] features = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = TextPooling.Mean, Normalize = false }).Extract(texts, likelihoods: false);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (index, text) in texts.Index())
        {
            // Where a model writes, the token that begins a sequence is read in front of the text and is no part of it; an encoder's own tokens are.
            int[] begin = model.Backbone.IsCausal ? [model.Tokenizer.BosTokenId!.Value] : [];
            long[] ids = [.. begin.Concat(model.Tokenizer.Encode(text).Ids).Select(id => (long)id)];
            if (ids.Length > begin.Length)
            {
                Tensor states = model.Backbone.Forward(tensor(ids).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState[0, begin.Length..];
                Tensor found = tensor(features[index].Embedding!.ToArray());
                Assert.InRange(((states.mean([0]) - found).norm() / found.norm()).item<float>(), 0, 1e-5);
            }
        }
    }));

    [SkippableFact]
    public void Save_Directory_LoadsWithTheSameEmbeddings() => EachModel(DirectoryKeys, (folder, model) => folder.Case("save", () =>
    {
        string[] texts = Texts(folder);
        using var saved = new TemporaryFolder();
        model.Save(saved.Path);
        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(saved.Path));
        Assert.Equal(model.ComputeWeightHash(), again.ComputeWeightHash());
        Assert.Equal((model.DefaultPooling, model.DefaultNormalize), (again.DefaultPooling, again.DefaultNormalize));
        Assert.Equal(new TextFeatureExtractor(model).MaxTokens, new TextFeatureExtractor(again).MaxTokens);
        Assert.Equal(Embeddings(model, texts), Embeddings(again, texts));
    }));

    private static void Diagnose(ReferenceFolder folder)
    {
        JsonElement golden = folder.Json("golden", "expected.json");

        // A model that writes has a list of texts there, an encoder one text with its hidden states.
        JsonElement[] texts = golden.TryGetProperty("texts", out JsonElement list) ? [.. list.EnumerateArray()] : [golden.GetProperty("hidden_states")];
        foreach (var (index, text) in texts.Index())
        {
            folder.Case($"geometry {(text.TryGetProperty("name", out JsonElement name) ? name.GetString() : $"{index}")}", () =>
            {
                var options = new CondensationReportOptions { SpectrumTexts = 1 };
                string[] own = [text.GetProperty("text").GetString()!];
                CondensationReport whole = CondensationReport.Measure(Source(folder), own, options);
                options.LayerByLayer = true;
                CondensationReport layered = CondensationReport.Measure(Source(folder), own, options);

                CondensationAssert.Near(text.Numbers("mean_cosine_full"), [.. whole.Profile.Layers.Select(layer => layer.MeanCosine)], CosineTolerance);
                CondensationAssert.Near(text.Numbers(text.TryGetProperty("mean_cosine_offdiag_f64", out _) ? "mean_cosine_offdiag_f64" : "mean_cosine_offdiag"), [.. whole.Profile.Layers.Select(layer => layer.MeanCosineOffDiagonal)], CosineTolerance);
                Assert.True(JsonNode.DeepEquals(Json(whole), Json(layered)));
            });
        }

        // Several at once, as a user does it: the report says the same of each layer whether it came from a run of the whole or not, and is what it was when it is read again.
        folder.Case("report", () =>
        {
            var options = new CondensationReportOptions { SpectrumTexts = texts.Length, MaxTokens = 32 };
            string[] own = Texts(folder);
            CondensationReport report = CondensationReport.Measure(Source(folder), own, options);
            Assert.Equal(own.Length, report.Profile.Texts);
            Assert.All(report.Layers, layer => Assert.InRange(layer.Measures[GeometryMeasure.MeanCosine], -1, 1));
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(report.ToJson()), JsonNode.Parse(CondensationReport.FromJson(report.ToJson()).ToJson())));
        });
    }

    private static void TrainHeads(ReferenceFolder folder)
    {
        // Whole where the weights are plain, adapters over those of few bits.
        var options = new FineTuneOptions
        {
            LearningRate = 5e-4, WarmupRatio = 0, Epochs = 4, MicroBatchSize = 6, MaxSequenceLength = 48, ValidationFraction = 0, GeometryProbe = null, Dispersion = { Coefficient = 0.1 },
            Lora = RealModels.IsFile(folder.FullPath) ? new LoraOptions { Rank = 4 } : null,
        };
        string[][] questions = [.. Read("classification", "trec6", "train.tsv").Take(Rows)];
        string[] texts = [.. questions.Select(row => row[^1])];
        string[] names = [.. questions.Select(row => row[0]).Distinct().Order(StringComparer.Ordinal)];
        string[][] pairs = [.. Read("similarity", "stsb", "train.tsv").Take(Pairs)];
        string[] first = [.. pairs.Select(row => row[3])], second = [.. pairs.Select(row => row[4])];
        float[] scores = [.. pairs.Select(row => float.Parse(row[2], CultureInfo.InvariantCulture))];
        folder.Case("classes", () =>
        {
            // With the head that the family has in other libraries, whose directory is written below; the cases behind this one have the usual one.
            FineTuneOptions family = options.Clone();
            family.HeadStart = HeadStart.Family;
            using TextClassifier classifier = TextClassifier.Train(Source(folder), texts, [.. questions.Select(row => Array.IndexOf(names, row[0]))], names.Length, family, labelNames: names);
            AssertLossFalls(classifier);
            AssertReloads(classifier, texts, null, source => TextClassifier.Load(source));

            // Of adapters, that directory has the sum with what they are added to, which rounds otherwise.
            using var saved = new TemporaryFolder();
            classifier.SavePretrained(saved.Path);
            using TextClassifier again = TextClassifier.FromPretrained(ModelSource.FromDirectory(saved.Path), maxSequenceLength: classifier.MaxSequenceLength);
            Assert.Equal(names, again.LabelNames);
            Assert.All(classifier.Score(texts).Values.Zip(again.Score(texts).Values), pair => Assert.Equal(pair.First, pair.Second, options.Lora is null ? 0 : 1e-4));
        });
        folder.Case("numbers", () =>
        {
            using TextRegressor regressor = TextRegressor.Train(Source(folder), first, scores, options, secondTexts: second);
            AssertLossFalls(regressor);
            AssertReloads(regressor, first, second, source => TextRegressor.Load(source));
        });
        folder.Case("vectors", () =>
        {
            using TextEmbedder embedder = TextEmbedder.Train(Source(folder), [first, second], options, scores: scores);
            AssertLossFalls(embedder);
            AssertReloads(embedder, first, null, source => TextEmbedder.Load(source));
        });
    }

    /// <summary>The last epoch's loss lies below the first one's.</summary>
    private static void AssertLossFalls(FineTunedTextModel model)
    {
        FineTuneResult result = model.TrainingResult!;
        Assert.Null(result.Warning);
        double[] epochs = [.. result.History.GroupBy(step => step.Epoch).OrderBy(epoch => epoch.Key).Select(epoch => epoch.Average(step => step.TaskLoss))];
        Assert.True(epochs[^1] < epochs[0], $"losses of the epochs: {string.Join(", ", epochs)}");
    }

    private static void AssertReloads<T>(T model, string[] texts, string[]? secondTexts, Func<FileSource, T> load)
        where T : FineTunedTextModel
    {
        using var saved = new TemporaryFolder();
        model.Save(new DirectorySink(saved.Path));
        using T again = load(new DirectorySource(saved.Path));
        float[] scores = model.Score(texts, secondTexts).Values;
        Assert.Equal(scores, again.Score(texts, secondTexts).Values);
        Assert.Equal(texts.Length * model.OutputCount, scores.Length);
        Assert.All(scores, score => Assert.True(float.IsFinite(score)));
    }

    private static float[][] Embeddings(PretrainedLanguageModel model, string[] texts) => [.. new TextFeatureExtractor(model).Extract(texts, likelihoods: false).Select(text => text.Embedding!)];

    /// <summary>Some texts of the golden folder.</summary>
    private static string[] Texts(ReferenceFolder folder)
    {
        JsonElement golden = folder.Json("golden", "expected.json");
        return [.. golden.GetProperty(golden.TryGetProperty("sentences", out _) ? "sentences" : "texts").EnumerateArray().Select(text => text.GetProperty("text").GetString()!).Where(text => text.Length > 0).Take(8)];
    }

    /// <summary>The rows of a labelled set.</summary>
    private static IEnumerable<string[]> Read(params string[] parts) => File.ReadLines(SharedFixtures.Path(["data", .. parts])).Skip(1).Select(line => line.Split('\t'));

    private static JsonObject Json(CondensationReport report)
    {
        JsonObject json = JsonNode.Parse(report.ToJson())!.AsObject();
        json.Remove("measured");
        return json;
    }

    private static void Each(IEnumerable<string> keys, Action<ReferenceFolder> cases) => CheckEach(keys, cases, error => error is ModelFileException or NotSupportedException);

    private static void EachModel(IEnumerable<string> keys, Action<ReferenceFolder, PretrainedLanguageModel> cases) => Each(keys, folder =>
    {
        using var model = PretrainedLanguageModel.Load(Source(folder));
        cases(folder, model);
    });

    private static ModelSource Source(ReferenceFolder folder) => RealModels.Source(Path.GetFileName(folder.FullPath));

    private static ChatMessage[] Messages(JsonElement chat) => [.. chat.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
