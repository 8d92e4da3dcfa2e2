using MLNet.Dispersion.Tests.Models.Families;
using MLNet.Dispersion.Tests.Reference;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.RoundTrips;

/// <summary>A quantised GGUF file gets an adapter here, which llama.cpp puts beside the very file.</summary>
public sealed class GgufRoundTripTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [SkippableTheory]
    [InlineData("gpt2", "\"n_inner\": 64")]
    [InlineData("llama", "\"intermediate_size\": 64")]
    [InlineData("qwen2", "\"intermediate_size\": 64")]
    public void GgufQ4_1_Lora_LoraGguf_LlamaCpp(string family, string settings)
    {
        string[] all = [SmallFamilies.InGguf[family], settings];
        using (var plain = new PretrainedLanguageModel(family, SmallFamilies.Backbone(family, string.Join(", ", all.Where(part => part.Length > 0))), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            plain.SaveGguf(_scratch.File("f32.gguf"), new() { Type = GgufWeightType.F32 });
        }

        string quantised = _scratch.File("q4_1.gguf"), adapter = _scratch.File("adapter.gguf");
        Q4_1File.Write(_scratch.File("f32.gguf"), quantised);
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromGguf(quantised));
        Assert.Contains("Q4_1", model.Backbone.QuantizedTypes);
        float[] before = Ours(model);
        int[][] blocks = [.. TinyBackbone.LabelledTexts(16).Texts.Select(text => model.Tokenizer.Encode(text).Ids)];
        LanguageModelTrainer.Train(model, blocks, new FineTuneOptions { Epochs = 12, LearningRate = 1e-2, ValidationFraction = 0, MicroBatchSize = 4, Lora = new LoraOptions { Rank = 4 } });
        model.SaveGgufAdapter(adapter);
        float[] after = Ours(model);

        using LlamaCppPeer bare = new(quantised), adapted = new(quantised, adapter);
        float[] theirsBefore = bare.Logits([.. Ids]), theirsAfter = adapted.Logits([.. Ids]);

        // llama.cpp also rounds what meets a quantised matrix to 8 bits: the same noise before and after, and less of it than the adapter does.
        double noise = Distance(before, theirsBefore), learnt = Distance(before, after);
        Assert.True(learnt > 4 * noise, $"the adapter moves logits by {learnt:G3}, llama.cpp's own rounding by {noise:G3}");
        Assert.InRange(Distance(after, theirsAfter), 0, 3 * noise);
    }

    private static IEnumerable<int> Ids => Enumerable.Range(3, 16);

    private static float[] Ours(PretrainedLanguageModel model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor ids = tensor([.. Ids.Select(id => (long)id)], 1, Ids.Count());
        return model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).data<float>().ToArray();
    }

    private static double Distance(float[] first, float[] second) => Math.Sqrt(first.Zip(second, (a, b) => (double)(a - b) * (a - b)).Average());
}
