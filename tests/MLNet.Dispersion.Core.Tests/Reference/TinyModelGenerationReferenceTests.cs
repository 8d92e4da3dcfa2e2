using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Text that a trained model writes.</summary>
public sealed class TinyModelGenerationReferenceTests : ReferenceTests
{
    [SkippableFact]
    public void Logits_TrainedModel_PreferEveryTokenOfTheReferenceTexts() => CheckEach(ReferenceModels.KeysWithFigure("generation"), folder =>
    {
        foreach ((int i, JsonElement golden) in Generations(folder).Index())
        {
            folder.Case($"generated text {i}", () =>
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                using LanguageBackbone backbone = new TinyModel(folder).Load();
                long[] expected = [.. Ids(golden).Select(id => (long)id)];
                int given = golden.GetProperty("prompt_ids").GetArrayLength();

                // Greedy text is what it is iff every token is the best one after those before it.
                Tensor ids = tensor(expected, 1, expected.Length);
                long[] best = backbone.Logits(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).argmax(-1).data<long>().ToArray();

                Assert.Equal(expected[given..], best[(given - 1)..^1]);
            });
        }
    }, TinyModel.Refuses);

    [SkippableFact]
    public void Generate_TrainedModel_WritesTheReferenceTexts() => CheckEach(ReferenceModels.KeysWithFigure("generation"), folder =>
    {
        JsonElement[] goldens = [.. Generations(folder)];
        int[] lengths = [.. goldens.Select(golden => Ids(golden).Length - golden.GetProperty("prompt_ids").GetArrayLength())];
        string[] prompts = [.. goldens.Select(golden => golden.GetProperty("prompt").GetString()!)];
        var all = new Lazy<IReadOnlyList<GeneratedText>>(() =>
        {
            using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FullPath));
            return model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = lengths.Max(), StopAtEndOfText = false });
        });
        foreach ((int i, JsonElement golden) in goldens.Index())
        {
            folder.Case($"generated text {i}", () =>
            {
                GeneratedText found = all.Value[i];
                int[] ids = Ids(golden);
                Assert.Equal(ids[^lengths[i]..], found.TokenIds.Take(lengths[i]));
                Assert.StartsWith(golden.GetProperty("text").GetString()!, prompts[i] + found.Text, StringComparison.Ordinal);
                Assert.Equal((GenerationFinishReason.MaxNewTokens, ids.Length - lengths[i], false), (found.FinishReason, found.PromptTokens, found.PromptTruncated));
            });
        }
    }, TinyModel.Refuses);

    private static IEnumerable<JsonElement> Generations(ReferenceFolder folder) => folder.Json("expected.json").GetProperty("generation").EnumerateArray();

    private static int[] Ids(JsonElement golden) => golden.GetProperty("ids").Deserialize<int[]>()!;
}
