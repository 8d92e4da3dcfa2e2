using MLNet.Dispersion.Tests.Hub;
using MLNet.Dispersion.Tests.Models.Families;
using MLNet.Dispersion.Tests.Reference;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.RoundTrips;

/// <summary>From the hub, through a training, into the files that the world runs.</summary>
public sealed class HubRoundTripTests : IAsyncLifetime, IDisposable
{
    private const string Template = "{% for message in messages %}{{ message['role'] }} {{ message['content'] }} {% endfor %}{% if add_generation_prompt %}assistant {% endif %}";

    private readonly Scratch _scratch = new();
    private FakeHub _hub = null!;

    public async Task InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _scratch.Dispose();

    [SkippableTheory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("qwen2")]
    public async Task Hub_FineTune_Gguf_Chat(string family)
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(await FromHubAsync(family));
        string[] talks = [.. TinyBackbone.LabelledTexts(24).Texts.Select(text => $"user {text} assistant {text} <|endoftext|>")];
        int[][] blocks = [.. talks.Select(talk => ((PipelineTokenizer)model.Tokenizer).Tokenize(talk).Ids.ToArray())];
        LanguageModelTrainer.Train(model, blocks, new FineTuneOptions { Epochs = 6, LearningRate = 3e-3, ValidationFraction = 0, MicroBatchSize = 4 });
        model.SaveGguf(_scratch.File("model.gguf"), new() { Type = GgufWeightType.F32 });

        ChatMessage[] conversation = [new("user", "please the refund")];
        GeneratedText answer = model.Chat(conversation, new() { MaxNewTokens = 12, Temperature = 0, StopAtEndOfText = false });
        string prompt = ((PipelineTokenizer)model.Tokenizer).ChatTemplate.Render(conversation, new() { AddGenerationPrompt = true }).Text;
        using var peer = new LlamaCppPeer(_scratch.File("model.gguf"));
        int[] ids = peer.Ids(prompt, special: false);
        Assert.Equal(((PipelineTokenizer)model.Tokenizer).Tokenize(prompt, options: new() { AddSpecialTokens = false }).Ids, ids);
        var (written, margins) = peer.Greedy(ids, 12);
        int sure = margins.TakeWhile(margin => margin > 1e-3).Count();
        Assert.True(sure >= 4, $"only {sure} steps are sure");
        Assert.Equal(answer.TokenIds.Take(sure), written.Take(sure));
        using PretrainedLanguageModel back = PretrainedLanguageModel.Load(ModelSource.FromGguf(_scratch.File("model.gguf")));
        Assert.Equal(prompt, ((PipelineTokenizer)back.Tokenizer).ChatTemplate.Render(conversation, new() { AddGenerationPrompt = true }).Text);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("modernbert")]
    public async Task Hub_Classifier_Onnx_OnnxRuntime(string family)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        using TextClassifier model = TextClassifier.Train(await FromHubAsync(family), texts, labels, 3, new() { Epochs = 2, ValidationFraction = 0 });
        model.SaveOnnx(_scratch.File("out", "model.onnx"));

        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File("out")));
        var (ids, mask) = Onnx.OnnxTextModelTests.Padded([.. texts.Select(text => tokenizer.Encode(text, model.MaxSequenceLength).Ids)]);
        using var run = new OnnxRun(_scratch.File("out", "model.onnx"));
        Near.Check("scores", tensor(model.Score(texts).Values, texts.Length, 3), run.Run(ids, mask)["scores"], null, 1e-5);
    }

    /// <summary>A small network of the family on the hub, with a chat template.</summary>
    private async Task<ModelSource> FromHubAsync(string family)
    {
        string folder = _scratch.File("hub", family);
        using (var model = new PretrainedLanguageModel(family, SmallFamilies.Backbone(family, SmallFamilies.InGguf.GetValueOrDefault(family, "")), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            model.Save(folder);
        }

        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Template);
        var repository = new FakeRepository();
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            repository.With(Path.GetFileName(file), await File.ReadAllBytesAsync(file));
        }

        _hub.Repositories[$"org/{family}"] = repository;
        return await ModelSource.FromHubAsync($"org/{family}", options: _hub.Options());
    }
}
