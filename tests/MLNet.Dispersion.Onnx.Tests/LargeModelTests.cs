using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Weights beyond 2 GiB, at which protobuf, arrays and 32-bit offsets end, one tensor among them: as an ONNX file with its second one, as safetensors in one file and in shards, and as a GGUF file. Needs 10 GB of memory and 5 GB of disk.</summary>
[Trait("Category", "Long")]
public sealed class LargeModelTests : IClassFixture<LargeModelTests.LargeModel>, IDisposable
{
    private const int VocabularySize = 270_000;
    private const int Features = 2048;

    private readonly PretrainedLanguageModel _model;
    private readonly Scratch _scratch = new();

    public LargeModelTests(LargeModel model) => _model = model.Model;

    /// <summary>Ids whose rows lie within the first 2 GiB of the table and beyond them.</summary>
    private static Tensor Ids => tensor(new long[] { 5, 100_000, VocabularySize - 1, 265_000, 7 }, 1, 5);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Onnx_RunsInOnnxRuntime_WithTheSameLogits()
    {
        string path = _scratch.File("model.onnx");
        _model.SaveOnnx(path);
        Assert.True(new FileInfo(path + "_data").Length > int.MaxValue);
        Assert.InRange(new FileInfo(path).Length, 1, 1_000_000);
        using var run = new OnnxRun(path);
        Near.Check("logits", Logits(_model), run.Run(Ids)["logits"], null, 1e-4);
    }

    [Fact]
    public void Safetensors_InOneFileAndInShards_AreTheModel()
    {
        string folder = _scratch.File("saved");
        _model.Save(folder);
        Assert.True(new FileInfo(Path.Combine(folder, "model.safetensors")).Length > int.MaxValue);
        AssertSame(ModelSource.FromDirectory(folder));

        _model.Save(folder, new ModelSaveOptions { MaxShardBytes = 20_000_000 });
        string[] shards = Directory.GetFiles(folder, "model-*.safetensors");
        Assert.True(shards.Length > 1 && shards.Max(file => new FileInfo(file).Length) > int.MaxValue);
        AssertSame(ModelSource.FromDirectory(folder));
    }

    [Fact]
    public void Gguf_IsTheModel()
    {
        string path = _scratch.File("model.gguf");
        _model.SaveGguf(path, new() { Type = GgufWeightType.F32 });
        Assert.True(new FileInfo(path).Length > int.MaxValue);
        AssertSame(ModelSource.FromGguf(path));
    }

    private void AssertSame(ModelSource source)
    {
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(source);
        Near.Check("logits", Logits(_model), Logits(again), null, 0);
    }

    private static Tensor Logits(PretrainedLanguageModel model)
    {
        using var noGradient = no_grad();
        return model.Backbone.Logits(model.Backbone.Forward(Ids, null, HiddenStateSelection.None).LastHiddenState);
    }

    /// <summary>Random weights of 2.26 GB, made once for all tests.</summary>
    public sealed class LargeModel : IDisposable
    {
        public LargeModel()
        {
            using var generator = new Generator(7, CPU);
            string config = $$"""
                {
                  "model_type": "llama", "num_hidden_layers": 2, "hidden_size": {{Features}}, "intermediate_size": 512, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64, "max_position_embeddings": 64,
                  "vocab_size": {{VocabularySize}}, "rms_norm_eps": 1e-5, "rope_theta": 10000, "tie_word_embeddings": true, "initializer_range": 0.05, "bos_token_id": 0, "eos_token_id": 0
                }
                """;
            Model = new PretrainedLanguageModel("large", BackboneRegistry.Create(config, generator), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        }

        internal PretrainedLanguageModel Model { get; }

        public void Dispose() => Model.Dispose();
    }
}
