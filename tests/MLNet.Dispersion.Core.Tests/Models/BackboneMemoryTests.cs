using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

public sealed class BackboneMemoryTests
{
    [Theory]
    [InlineData(TinyConfigs.Gpt2, "\"n_embd\": 8192, \"n_layer\": 2")]
    [InlineData(TinyConfigs.Llama, "\"hidden_size\": 8192, \"intermediate_size\": 32768, \"tie_word_embeddings\": false")]
    [InlineData(TinyConfigs.NeoX, "\"hidden_size\": 8192, \"intermediate_size\": 32768")]
    public void Create_ManyWeightsWithoutValues_TouchesNoMemory(string family, string settings)
    {
        const long Bound = 1L << 30;
        using var scope = NewDisposeScope();
        var reader = TinyConfigs.Reader(family, settings);
        long before = Environment.WorkingSet;

        using LanguageBackbone backbone = BackboneRegistry.Network(reader);

        // A config.json that does not belong to its weights is refused when their shapes are compared: until then it must cost nothing.
        long described = backbone.parameters().Sum(p => p.numel() * sizeof(float));
        Assert.InRange(described, 6 * Bound, 12 * Bound);
        Assert.InRange(Environment.WorkingSet - before, -Bound, Bound);
    }

    [Fact]
    public void Load_ConfigFarLargerThanTheWeights_NamesATensorAndLeavesNone()
    {
        var files = SmallCheckpoint.Files();
        files["config.json"] = System.Text.Encoding.UTF8.GetBytes(SmallCheckpoint.Config.Replace("\"n_embd\": 4", "\"n_embd\": 8192", StringComparison.Ordinal));
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        var error = Assert.Throws<ModelFileException>(() => BackboneRegistry.Load(files).Dispose());

        Assert.NotNull(error.Tensor);
        Assert.Contains("but config.json asks for", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Load_AndDispose_LeavesNoTensorBehind()
    {
        PretrainedLanguageModel.Load(TinyBackbone.Backbone).Dispose();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 20; i++)
        {
            PretrainedLanguageModel.Load(TinyBackbone.Backbone).Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Forward_InAScope_LeavesNoTensorBehind()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            var ids = tensor(new long[] { 4, 9, 70 + i }, 1, 3);
            model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.All).LastHiddenState);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
