using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Models.Families;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Gguf;

/// <summary>GGUF files that are written here: the same model again, or a refusal that says what llama.cpp has no place for.</summary>
public sealed class GgufSavingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-save-gguf-").FullName;

    private string Target => Path.Combine(_folder, "model.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SaveGguf_WindowWithoutAPlace_IsRefusedUnlessNoTextIsLonger()
    {
        using PretrainedLanguageModel model = Small("mistral");
        string message = Assert.Throws<NotSupportedException>(() => model.SaveGguf(Target)).Message;
        Assert.Contains("Attention.Window = 5", message, StringComparison.Ordinal);

        model.SaveGguf(Target, new GgufSaveOptions { ContextLength = 5 });
        using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(Target));
        Assert.Equal(("llama", 5), (again.Backbone.Info.ModelType, again.Backbone.Info.ContextLength));
        Assert.Contains("at most that", Assert.Throws<ArgumentOutOfRangeException>(() => model.SaveGguf(Target, new GgufSaveOptions { ContextLength = 65 })).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("gemma3_text", "", "Attention.Scale")]
    [InlineData("gemma2", "", "Attention.Scale")]
    [InlineData("gpt2", "\"activation_function\": \"gelu\"", "Mlp.Activation")]
    [InlineData("llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2}", "Rotary.Scaling")]
    [InlineData("qwen3", "\"attention_bias\": true", "biases")]
    [InlineData("smollm3", "", "Rotary")]
    [InlineData("opt", "", "opt")]
    [InlineData("bert", "", "causal")]
    public void SaveGguf_WhatLlamaCppWouldComputeOtherwise_IsRefusedByName(string family, string settings, string named)
    {
        using var model = new PretrainedLanguageModel(family, SmallFamilies.Backbone(family, settings), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        string message = Assert.Throws<NotSupportedException>(() => model.SaveGguf(Target)).Message;
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void SaveGguf_Quantised_StoresMatricesAloneAndSaysSoAgain()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.SaveGguf(Target, new GgufSaveOptions { Type = GgufWeightType.Q8_0 });
        using (FileStream stream = File.OpenRead(Target))
        {
            var reader = new GgufReader(stream, Target);
            Assert.All(reader.Entries, entry => Assert.Equal(
                entry.Shape.Length == 1 || entry.Name == "position_embd.weight" ? GgufType.F32 : entry.Shape[^1] % 32 == 0 ? GgufType.Q8_0 : GgufType.F16, entry.Type));
        }

        using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(Target));
        Assert.Equal(["Q8_0"], again.Backbone.QuantizedTypes);
        FineTuneResult result = LanguageModelTrainer.Train(again, [[3, 4, 5, 6]], new FineTuneOptions { MaxSteps = 1, WarmupRatio = 0, MicroBatchSize = 1, ValidationFraction = 0, GeometryProbe = null });
        Assert.Equal(["Q8_0"], result.DequantizedFrom);
    }

    [Fact]
    public void SaveGguf_WeightBeyondTheType_NamesTheTensorAndLeavesNoFile()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (no_grad())
        {
            model.Backbone.TokenEmbeddingWeight!.FillInPlace(1e6);
        }

        Assert.Contains("token_embd.weight", Assert.Throws<ArgumentException>(() => model.SaveGguf(Target, new GgufSaveOptions { Type = GgufWeightType.F16 })).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public void SaveGguf_MergedAdapter_IsTheTunedModel()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var generator = new Generator(3, CPU);
        model.AddAdapter(new LoraOptions { Rank = 2 }, generator);
        using (no_grad())
        {
            foreach (AdaptedModule module in model.Backbone.Adapter!.Modules)
            {
                module.Update.Up.normal_(0, 0.1, generator);
            }
        }

        model.SaveGguf(Target, new GgufSaveOptions { Type = GgufWeightType.F32 });
        using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(Target));
        using var scope = NewDisposeScope();
        Tensor tuned = Logits(model);
        Assert.InRange((tuned - Logits(again)).abs().max().item<float>(), 0, 1e-4);
        model.RemoveAdapter();
        Assert.True((tuned - Logits(model)).abs().max().item<float>() > 1e-2);
    }

    [Fact]
    public void SaveGguf_AdapterThatPartsTheHeadFromTheEmbedding_WritesBoth()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var generator = new Generator(3, CPU);
        model.AddAdapter(new LoraOptions { Rank = 2, TargetModules = ["lm_head"] }, generator);
        using (no_grad())
        {
            model.Backbone.Adapter!.Modules[0].Update.Up.normal_(0, 0.1, generator);
        }

        model.SaveGguf(Target, new GgufSaveOptions { Type = GgufWeightType.F32 });
        using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(Target));
        using var scope = NewDisposeScope();
        Assert.InRange((Logits(model) - Logits(again)).abs().max().item<float>(), 0, 1e-4);
        Assert.Contains("no matrix of its own", Assert.Throws<NotSupportedException>(() => model.SaveGgufAdapter(Target)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveGguf_NamedChatTemplates_CanBeChosenAgain()
    {
        using (var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            plain.Save(Path.Combine(_folder, "plain"));
        }

        string file = Path.Combine(_folder, "plain", "tokenizer_config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config["chat_template"] = JsonNode.Parse("""[{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools {{ messages[0].content }}"}]""");
        File.WriteAllText(file, config.ToJsonString());
        using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(Path.Combine(_folder, "plain")));
        model.SaveGguf(Target);

        var tokenizer = (PipelineTokenizer)TextTokenizer.Load(ModelSource.FromGguf(Target).Source);
        ChatMessage[] messages = [new("user", "hello")];
        Assert.Equal("plain", tokenizer.ChatTemplate.Render(messages).Text);
        Assert.Equal("tools hello", tokenizer.ChatTemplate.Render(messages, new() { Template = "tool_use" }).Text);
    }

    [Fact]
    public void SaveGguf_PlaceThatCannotBeWritten_NamesIt()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains("directory", Assert.Throws<ModelFileException>(() => model.SaveGguf(_folder)).Message, StringComparison.Ordinal);
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains("can be written", Assert.Throws<ModelFileException>(() => model.SaveGguf(Path.Combine(file, "model.gguf"))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => model.SaveGgufAdapter(Target));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Load_LargeQuantisedFile_NeedsTheWeightsAndOneTensorAlone()
    {
        const int Hidden = 2048, Inner = 8192, Rows = 16384;
        const long Slack = 64L << 20;
        var metadata = new GgufMetadata();
        metadata.Text("general.architecture", "llama");
        foreach (var (key, value) in new[] { ("block_count", 1), ("context_length", 64), ("embedding_length", Hidden), ("feed_forward_length", Inner), ("attention.head_count", 16) })
        {
            metadata.Whole("llama." + key, value);
        }

        metadata.Number("llama.attention.layer_norm_rms_epsilon", 1e-5);
        (string Name, long[] Shape)[] tensors =
        [
            ("token_embd.weight", [Rows, Hidden]), ("blk.0.attn_norm.weight", [Hidden]), ("blk.0.attn_q.weight", [Hidden, Hidden]), ("blk.0.attn_k.weight", [Hidden, Hidden]), ("blk.0.attn_v.weight", [Hidden, Hidden]),
            ("blk.0.attn_output.weight", [Hidden, Hidden]), ("blk.0.ffn_norm.weight", [Hidden]), ("blk.0.ffn_gate.weight", [Inner, Hidden]), ("blk.0.ffn_up.weight", [Inner, Hidden]), ("blk.0.ffn_down.weight", [Hidden, Inner]), ("output_norm.weight", [Hidden]),
        ];
        using (FileStream stream = File.Create(Target))
        {
            GgufFileWriter.Write(stream, metadata, [.. tensors.Select(tensor => new GgufTensor(tensor.Name, tensor.Shape, tensor.Shape.Length == 1 ? GgufType.F32 : GgufType.Q8_0, () => ones(tensor.Shape)))]);
        }

        GC.Collect();
        long before = Environment.WorkingSet, peak = before;
        using var stop = new CancellationTokenSource();
        Task watch = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                peak = Math.Max(peak, Environment.WorkingSet);
                Thread.Sleep(1);
            }
        });
        using LanguageBackbone backbone = BackboneRegistry.Load(ModelSource.FromGguf(Target).Source);
        await stop.CancelAsync();
        await watch;

        long weights = backbone.parameters().Sum(parameter => parameter.numel() * sizeof(float));
        long largest = backbone.parameters().Max(parameter => parameter.numel() * sizeof(float));
        Assert.True(weights > 6 * Slack, "The model is too small to show anything.");
        Assert.InRange(peak - before, weights / 2, weights + largest + Slack);
    }

    private static PretrainedLanguageModel Small(string family) => new(family, SmallFamilies.Backbone(family), TextTokenizer.Load(TinyBackbone.Backbone.Source));

    private static Tensor Logits(PretrainedLanguageModel model)
    {
        using var noGradient = no_grad();
        return model.Backbone.Logits(model.Backbone.Forward(tensor(new long[] { 5, 9, 12, 7, 3, 40, 8 }, 1, 7), null, HiddenStateSelection.None).LastHiddenState);
    }
}
