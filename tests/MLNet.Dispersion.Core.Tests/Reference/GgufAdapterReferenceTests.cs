using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Low-rank adapters in GGUF files: read as llama.cpp reads them, written so that llama.cpp computes what PEFT does.</summary>
public sealed class GgufAdapterReferenceTests : ReferenceTests, IDisposable
{
    // float32 here, float32 or float64 there.
    private const double LogitTolerance = 2e-5;

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-lora-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void AddGgufAdapter_ConvertersFiles_GivesLlamaCppsLogitsMergedOrNotAndTrainsOn() => EachCase((folder, name, model, expected) =>
    {
        model.AddGgufAdapter(folder.FileOf(name, $"{name}-f32.gguf"));
        AssertLogits(model, expected, $"{name}.llamacpp.logits");
        model.MergeAdapter();
        AssertLogits(model, expected, $"{name}.llamacpp.logits");
        model.UnmergeAdapter();

        int[] ids = [.. expected.Longs("input_ids").Select(id => (int)id)];
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, [ids]);
        string weights = model.ComputeWeightHash();
        FineTuneResult result = LanguageModelTrainer.Train(model, [ids, ids], new FineTuneOptions
        {
            LearningRate = 1e-2, WarmupRatio = 0, MicroBatchSize = 1, MaxSteps = 4, ValidationFraction = 0, GeometryProbe = null, Lora = model.Adapter,
        });
        Assert.Null(result.Warning);
        Assert.Empty(result.DequantizedFrom);
        Assert.True(LanguageModelTrainer.MeanNegativeLogLikelihood(model, [ids]) < before);
        Assert.Equal(weights, model.ComputeWeightHash());
    });

    [SkippableFact]
    public void SaveGgufAdapter_PeftsAdapters_GivesPeftsLogitsHereAndInLlamaCpp() => EachCase((folder, name, model, expected) =>
    {
        string path = Path.Combine(_folder, $"{name}.gguf");
        model.AddAdapter(new DirectorySource(folder.FileOf(name, "peft")));
        model.SaveGgufAdapter(path);
        model.RemoveAdapter();
        model.AddGgufAdapter(path);
        AssertLogits(model, expected, $"{name}.peft.logits");

        // A case of its own: where llama.cpp is not at hand, it alone was not looked at.
        folder.Case($"{name} in llama.cpp", () =>
        {
            using var peer = new LlamaCppPeer(BaseOf(folder), path);
            float[] logits = peer.Logits([.. expected.Longs("input_ids").Select(id => (int)id)]);
            Assert.All(expected.Tensor($"{name}.peft.logits").data<float>().ToArray().Zip(logits), pair => Assert.Equal(pair.First, pair.Second, LogitTolerance));
        });
    });

    [SkippableFact]
    public void AddGgufAdapter_WrongFiles_NamesWhatIsWrong() => Check("gguf/lora", folder => folder.Case("wrong files", () =>
    {
        string name = Cases(folder).First();
        string file = folder.FileOf(name, $"{name}-f32.gguf");
        using var model = PretrainedLanguageModel.Load(ModelSource.FromGguf(BaseOf(folder)));
        Assert.Contains("general.type", Assert.Throws<ModelFileException>(() => model.AddGgufAdapter(BaseOf(folder))).Message, StringComparison.Ordinal);
        Assert.Contains("AddGgufAdapter", Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromGguf(file))).Message, StringComparison.Ordinal);
        using var other = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains("gpt2", Assert.Throws<ModelFileException>(() => other.AddGgufAdapter(file)).Message, StringComparison.Ordinal);
        Assert.Null(model.Adapter);

        byte[] cut = File.ReadAllBytes(file)[..^64];
        string path = Path.Combine(_folder, "cut.gguf");
        File.WriteAllBytes(path, cut);
        Assert.Contains("cut off", Assert.Throws<ModelFileException>(() => model.AddGgufAdapter(path)).Message, StringComparison.Ordinal);
    }));

    private static void EachCase(Action<ReferenceFolder, string, PretrainedLanguageModel, GoldenTensors> use) => Check("gguf/lora", folder =>
    {
        var expected = new GoldenTensors(folder.FileOf("expected.safetensors"));
        foreach (string name in Cases(folder))
        {
            folder.Case(name, () =>
            {
                using var model = PretrainedLanguageModel.Load(ModelSource.FromGguf(BaseOf(folder)));
                use(folder, name, model, expected);
            });
        }
    }, error => error is NotSupportedException);

    private static IEnumerable<string> Cases(ReferenceFolder folder) => Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    // The README's base of all adapters.
    private static string BaseOf(ReferenceFolder folder) => folder.FileOf("..", "models", "llama", "llama-f32.gguf");

    private static void AssertLogits(PretrainedLanguageModel model, GoldenTensors expected, string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor ids = tensor(expected.Longs("input_ids"), expected.Shape("input_ids"));
        Tensor logits = model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).squeeze(0);
        double error = (logits - expected.Tensor(name)).abs().max().item<float>();
        Assert.True(error <= LogitTolerance, $"the logits are off by {error:g3}");
    }
}
