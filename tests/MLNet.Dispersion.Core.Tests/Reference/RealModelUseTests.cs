using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Real models in one GGUF file through all that a user does with one: chat, embed, diagnose, classify, regress, mid-train, save and load.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class GgufModelUseTests : ReferenceTests
{
    private const double CosineTolerance = 2e-6;

    private static IEnumerable<string> Keys => Directory.EnumerateDirectories(SharedFixtures.Path("models")).Where(folder => Directory.EnumerateFiles(folder, "*.gguf").Any()).Select(folder => "models/" + Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [SkippableFact]
    public void Template_Conversations_RendersAndEncodesAsTheReference() => Each(folder =>
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
    public void Chat_Conversations_WritesTheReferencesTokens() => EachModel((folder, model) =>
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
    public void Diagnose_WholeAndLayerByLayer_GivesTheReferencesCosinesAndTheSameBits() => Each(folder =>
    {
        foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("texts").EnumerateArray())
        {
            folder.Case($"geometry {text.GetProperty("name").GetString()}", () =>
            {
                var options = new CondensationReportOptions { SpectrumTexts = 1 };
                string[] texts = [text.GetProperty("text").GetString()!];
                CondensationReport whole = CondensationReport.Measure(Source(folder), texts, options);
                options.LayerByLayer = true;
                CondensationReport layered = CondensationReport.Measure(Source(folder), texts, options);

                double[] expected = text.Numbers("mean_cosine_offdiag_f64");
                Assert.Equal(expected.Length, whole.Layers.Count);
                Assert.All(expected.Zip(whole.Profile.Layers), pair => Assert.Equal(pair.First, pair.Second.MeanCosineOffDiagonal, CosineTolerance));
                Assert.True(JsonNode.DeepEquals(Json(whole), Json(layered)));
            });
        }
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void MidTrain_ThenSave_LoadsWithTheSameAnswersAndSideFiles() => EachModel((folder, model) => folder.Case("mid-training", () =>
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
    public void Heads_OnTheModel_TrainSaveAndLoad() => Each(folder =>
    {
        string[] texts = ["A cold rain fell.", "The soup is hot.", "Snow lay on the roof.", "She ate warm bread.", "Wind blew all night.", "The cake was sweet."];
        var options = new FineTuneOptions { LearningRate = 5e-4, Epochs = 3, MicroBatchSize = 3, MaxSequenceLength = 32, ValidationFraction = 0, GeometryProbe = null, Lora = new LoraOptions { Rank = 4 } };
        folder.Case("classes", () =>
        {
            using TextClassifier classifier = TextClassifier.Train(Source(folder), texts, [0, 1, 0, 1, 0, 1], 2, options);
            AssertReloads(classifier, texts, source => TextClassifier.Load(source));
        });
        folder.Case("numbers", () =>
        {
            using TextRegressor regressor = TextRegressor.Train(Source(folder), texts, [1, 5, 1, 5, 1, 5], options);
            AssertReloads(regressor, texts, source => TextRegressor.Load(source));
        });
    });

    [SkippableFact]
    public void Embed_Texts_AreThoseOfTheHiddenStates() => EachModel((folder, model) => folder.Case("embeddings", () =>
    {
        string[] texts = ["A cold rain fell.", "", "The soup is hot, and the bread is warm."];
        TextFeatures[] features = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = TextPooling.Mean, Normalize = false }).Extract(texts);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (index, text) in texts.Index().Where(text => text.Item.Length > 0))
        {

            // The token that begins a sequence is read in front of the text and is no part of it.
            long[] ids = [model.Tokenizer.BosTokenId!.Value, .. model.Tokenizer.Encode(text).Ids.Select(id => (long)id)];
            Tensor states = model.Backbone.Forward(tensor(ids).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState[0, 1..];
            Tensor found = tensor(features[index].Embedding!.ToArray());
            Assert.InRange(((states.mean([0]) - found).norm() / found.norm()).item<float>(), 0, 1e-5);
        }
    }));

    private static void AssertReloads<T>(T model, string[] texts, Func<FileSource, T> load)
        where T : FineTunedTextModel
    {
        Assert.Null(model.TrainingResult!.Warning);
        using var saved = new TemporaryFolder();
        model.Save(new DirectorySink(saved.Path));
        using T again = load(new DirectorySource(saved.Path));
        Assert.Equal(model.Score(texts).Values, again.Score(texts).Values);
        Assert.Equal(texts.Length * model.OutputCount, model.Score(texts).Values.Length);
    }

    private static JsonObject Json(CondensationReport report)
    {
        JsonObject json = JsonNode.Parse(report.ToJson())!.AsObject();
        json.Remove("measured");
        return json;
    }

    private static void Each(Action<ReferenceFolder> cases) => CheckEach(Keys, cases, error => error is ModelFileException or NotSupportedException);

    private static void EachModel(Action<ReferenceFolder, PretrainedLanguageModel> cases) => Each(folder =>
    {
        using var model = PretrainedLanguageModel.Load(Source(folder));
        cases(folder, model);
    });

    private static ModelSource Source(ReferenceFolder folder) => ModelSource.FromGguf(Directory.EnumerateFiles(folder.FullPath, "*.gguf").Order(StringComparer.Ordinal).First());

    private static ChatMessage[] Messages(JsonElement chat) => [.. chat.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
