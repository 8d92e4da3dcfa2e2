using System.Text;
using MLNet.Dispersion.Tests.Losses;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>llama.cpp itself reads the files that are written here: the same tokens, the same greedy texts, logits within the bounds of fixtures/gguf.</summary>
public sealed class GgufPeerTests(ITestOutputHelper output) : ReferenceTests, IDisposable
{
    private const int Texts = 200;
    private const int Steps = 32;
    private const int MostLetters = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-peer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData(GgufWeightType.F32)]
    [InlineData(GgufWeightType.F16)]
    [InlineData(GgufWeightType.BF16)]
    [InlineData(GgufWeightType.Q8_0)]
    public void SaveGguf_ModelsOfEachFamily_LlamaCppComputesTheSame(GgufWeightType type) => Check("gguf/models", folder =>
    {
        foreach (string directory in Directory.EnumerateDirectories(folder.FullPath).SelectMany(model => Directory.EnumerateDirectories(model, "tiny-*")).Where(model => File.Exists(Path.Combine(model, "model.safetensors"))).Order(StringComparer.Ordinal))
        {
            folder.Case($"{Path.GetFileName(directory)} {type}", () =>
            {
                using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(directory));
                int[] ids = [.. new GoldenTensors(Path.Combine(directory, "..", "expected.safetensors")).Longs("input_ids").Select(id => (int)id)];
                CompareWithPeer(model, type, ids, type == GgufWeightType.F32 ? Texts : 0);
            });
        }
    }, error => error is NotSupportedException);

    [SkippableFact]
    public void SaveGguf_TheEmbeddedModel_LlamaCppComputesTheSame()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        CompareWithPeer(model, GgufWeightType.F32, model.Tokenizer.Encode("The first of the towns that lay along the river had a market, and").Ids, Texts);
    }

    [SkippableFact]
    [Trait("Category", "RealModel")]
    [Trait("Category", "Long")]
    public void SaveGguf_RealModels_LlamaCppWritesTheSameTokens() => CheckEach(
        RealModels.Keys(RealModels.IsFile),
        folder => folder.Case("llama.cpp", () =>
        {
            const int RealSteps = 64;
            string path = Path.Combine(_folder, "real.gguf");
            using var model = PretrainedLanguageModel.Load(ModelSource.FromGguf(Directory.EnumerateFiles(folder.FullPath, "*.gguf").Order(StringComparer.Ordinal).First()));
            model.SaveGguf(path, new GgufSaveOptions { Type = GgufWeightType.F32 });
            using var peer = new LlamaCppPeer(path);
            var random = new Random(11);
            for (int i = 0; i < Texts; i++)
            {
                string text = Random(random);
                Assert.True(model.Tokenizer.Encode(text).Ids.SequenceEqual(peer.Ids(text, special: true)), $"'{text}'");
            }

            string prompt = folder.Json("golden", "expected.json").GetProperty("greedy").EnumerateArray().First().GetProperty("prompt").GetString()!;
            int[] ids = model.Tokenizer.Encode(prompt).Ids;
            var (steps, margins) = peer.Greedy(ids, RealSteps);
            int sure = margins.TakeWhile(margin => margin > 1e-3).Count();
            Assert.True(sure > 16, $"{sure} sure steps show little");
            Assert.Equal(steps[..sure], Greedy(model, ids, sure));
        }), error => error is NotSupportedException);

    private void CompareWithPeer(PretrainedLanguageModel model, GgufWeightType type, int[] ids, int texts)
    {
        string path = Path.Combine(_folder, "model.gguf");
        model.SaveGguf(path, new GgufSaveOptions { Type = type });
        using var peer = new LlamaCppPeer(path);
        var random = new Random(7);
        for (int i = 0; i < texts; i++)
        {
            string text = Random(random);
            Assert.True(model.Tokenizer.Encode(text).Ids.SequenceEqual(peer.Ids(text, special: true)), $"'{text}'");
        }

        double bound = Bound(type, model);
        using var written = PretrainedLanguageModel.Load(ModelSource.FromGguf(path));
        float[] logits = Logits(written, ids), found = peer.Logits(ids);
        double error = logits.Zip(found, (mine, other) => Math.Abs(mine - other)).Max();
        output.WriteLine(FormattableString.Invariant($"{model.Name} ({model.Backbone.Info.ModelType}) {type}: largest difference of a logit {error:g3}, bound {bound:g3}"));
        Assert.True(error <= bound, $"the logits are off by {error:g3}");
        if (type == GgufWeightType.F32)
        {
            var (steps, margins) = peer.Greedy(ids[..4], Steps);
            int sure = margins.TakeWhile(margin => margin > 2 * bound).Count();
            int[] mine = Greedy(model, ids[..4], sure);
            Assert.Equal(steps[..sure], mine);
        }
    }

    // What the README measured with the same weights and ids, and float32 here. In BF16 it measured two families alone: for all of them the bound of F16 is taken, times the ratio of the types' roundings, 8. GELU is taken from a table of 16-bit floats there, and activations are stored as the weights are.
    private static double Bound(GgufWeightType type, PretrainedLanguageModel model) => type switch
    {
        GgufWeightType.F32 => model.Backbone.Architecture!.Spec.Block.Mlp.Activation is Activation.Silu ? 1e-5 : 2e-3,
        GgufWeightType.F16 => 0.009,
        GgufWeightType.BF16 => 8 * 0.009,
        _ => 0.23,
    };

    private static float[] Logits(PretrainedLanguageModel model, int[] ids)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor states = model.Backbone.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState;
        return model.Backbone.Logits(states).data<float>().ToArray();
    }

    private static int[] Greedy(PretrainedLanguageModel model, int[] prompt, int steps)
    {
        List<int> ids = [.. prompt];
        for (int step = 0; step < steps; step++)
        {
            float[] last = Logits(model, [.. ids])[^model.Backbone.Info.VocabularySize..];
            ids.Add(Array.IndexOf(last, last.Max()));
        }

        return [.. ids.Skip(prompt.Length)];
    }

    // Words, numbers, marks, blanks and line ends of many scripts; composed, since llama.cpp composes nothing.
    private static string Random(Random random)
    {
        string[] parts = ["the", " and", " The", "don't", "I'LL", " 12", "345678", "3.14", "  ", "\n", " \n\n", "\t", "?!", "...", " (a)", "é", "straße", " Привет", "日本語", "한국", "😀", " ñandú", "x_y", "</b>", "#", "العربية", "\r\n", "à la", "…", "।"];
        var text = new StringBuilder();
        for (int left = random.Next(MostLetters); left >= 0; left--)
        {
            text.Append(parts[random.Next(parts.Length)]);
        }

        return text.ToString().Normalize(NormalizationForm.FormC);
    }
}
