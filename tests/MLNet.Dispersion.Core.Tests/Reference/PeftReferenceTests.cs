using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MLNet.Dispersion.Tests.Losses;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Adapters that PEFT trained and saved, with PEFT's own logits: loaded, merged, trained on and saved again.</summary>
public sealed partial class PeftReferenceTests : ReferenceTests
{
    private const string Key = "peft";
    private const string Adapters = "adapters";
    private const string OtherMethods = "other-methods";
    private const string Expected = "expected.safetensors";
    private const string Config = "adapter_config.json";
    private const string Weights = "adapter_model.safetensors";

    [SkippableFact]
    public void Forward_Adapter_GivesPeftsLogits() => CheckAdapters((folder, name, model) =>
    {
        AssertNear(folder, name, "logits", model);
        Assert.False(model.AdapterIsMerged);
    });

    [SkippableFact]
    public void Merge_Adapter_GivesPeftsLogitsAndTheBaseBack() => CheckAdapters((folder, name, model) =>
    {
        float[] before = Logits(folder, name, model).data<float>().ToArray();
        string hash = model.ComputeWeightHash();
        using PretrainedLanguageModel plain = Load(folder, name);
        Assert.Equal(plain.ComputeWeightHash(), hash);

        model.MergeAdapter();

        AssertNear(folder, name, Golden(folder, name).Contains("merged_logits") ? "merged_logits" : "logits", model);
        Assert.Equal(hash, model.ComputeWeightHash());
        model.UnmergeAdapter();
        Assert.Equal(before, Logits(folder, name, model).data<float>().ToArray());
        model.RemoveAdapter();
        Assert.Equal(Bits(plain), Bits(model));
        Assert.Equal(plain.Backbone.IsCausal ? States(folder, name, plain, logits: true) : [], plain.Backbone.IsCausal ? States(folder, name, model, logits: true) : []);
    });

    [SkippableFact]
    public void Absorb_Adapter_SavesAsAnOrdinaryModel() => CheckAdapters((folder, name, model) =>
    {
        float[] expected = States(folder, name, model, logits: model.Backbone.IsCausal);
        var beside = new MemorySource();
        model.Save(beside.Sink());
        model.AbsorbAdapter();
        var absorbed = new MemorySource();
        model.Save(absorbed.Sink());
        double tolerance = Tolerance(folder, name);

        foreach (MemorySource files in (MemorySource[])[beside, absorbed])
        {
            using var loaded = PretrainedLanguageModel.Load(ModelSource.FromSource(name, files));
            Assert.Null(loaded.Adapter);
            Assert.Equal(model.ComputeWeightHash(), loaded.ComputeWeightHash());
            Assert.All(States(folder, name, loaded, logits: loaded.Backbone.IsCausal).Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));
            Assert.Equal(model.Head is null, loaded.Head is null);
            if (loaded.Head is not null)
            {
                AssertNear(folder, name, "logits", loaded);
            }
        }
    });

    [SkippableFact]
    public void Save_LoadedAdapter_WritesWhatPeftWrote() => CheckAdapters((folder, name, model) =>
    {
        float[] logits = Logits(folder, name, model).data<float>().ToArray();
        var files = new MemorySource();
        model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });

        var before = ReadAll(new DirectorySource(folder.FileOf(Adapters, name)));
        var after = ReadAll(files);
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before, pair => Assert.Equal(pair.Value.Shape, after[pair.Key].Shape));
        Assert.All(before, pair => Assert.Equal(pair.Value.Values, after[pair.Key].Values));
        JsonObject original = JsonNode.Parse(File.ReadAllText(folder.FileOf(Adapters, name, Config)))!.AsObject();
        JsonObject saved = JsonNode.Parse(files.Text(Config))!.AsObject();
        Assert.All(original, pair => Assert.True(JsonNode.DeepEquals(pair.Value, saved[pair.Key]), $"{pair.Key} was {pair.Value?.ToJsonString()}, is {saved[pair.Key]?.ToJsonString()}"));
        Assert.DoesNotContain(folder.FullPath, files.Text(Config), StringComparison.Ordinal);

        using PretrainedLanguageModel other = Load(folder, name);
        other.AddAdapter(files);
        Assert.Equal(logits, Logits(folder, name, other).data<float>().ToArray());
    });

    [SkippableFact]
    public void Save_NewAdapter_HasTheSettingsThatPeftWrites() => Check(Key, folder =>
    {
        string[] keys = [.. Names(folder).SelectMany(name => JsonNode.Parse(File.ReadAllText(folder.FileOf(Adapters, name, Config)))!.AsObject() is { } config && config.ContainsKey("peft_version") ? config.Select(pair => pair.Key) : []).Distinct().Order(StringComparer.Ordinal)];
        foreach (string name in Names(folder).DistinctBy(name => Figures(folder, name).GetProperty("base").GetString()))
        {
            folder.Case($"new, as {name}", () =>
            {
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = Load(folder, name);
                using var generator = new Generator(1, CPU);
                model.AddAdapter(new LoraOptions { TargetModules = ["all-linear"], Bias = LoraBias.All }, generator);
                var files = new MemorySource();
                model.Save(files.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });

                Assert.Equal(keys, JsonNode.Parse(files.Text(Config))!.AsObject().Select(pair => pair.Key));
                Assert.DoesNotContain(folder.FullPath, files.Text(Config), StringComparison.Ordinal);
            });
        }
    }, TinyModel.Refuses, everyCase: false);

    [SkippableFact]
    public void Train_LoadedAdapter_ReachesAllThatItTrainsAndNothingElse() => CheckAdapters((folder, name, model) =>
    {
        using var trained = TrainedParameters.Choose(model.Backbone, [], new FineTuneOptions { Lora = model.Adapter });
        model.Backbone.train();
        Tensor logits = Logits(folder, name, model, gradients: true);
        using var generator = new Generator(3, CPU);
        Tensor direction = randn(logits.shape, generator: generator);
        logits.mul(direction).sum().backward();

        var parameters = model.Backbone.Adapter!.Parameters.ToArray();
        Assert.NotEmpty(parameters);
        Assert.All(parameters, pair => Assert.True(pair.Parameter.grad is { } gradient && gradient.abs().sum().item<float>() > 0 && gradient.isfinite().all().item<bool>(), $"{pair.Name} gets no gradient."));
        var reached = parameters.Select(pair => pair.Parameter).ToHashSet(ReferenceEqualityComparer.Instance);
        Assert.All(model.Backbone.named_parameters().Where(pair => !reached.Contains(pair.parameter)), pair => Assert.True(pair.parameter.grad is null, $"{pair.name} gets a gradient."));
    });

    [SkippableFact]
    public void AddAdapter_OtherMethod_IsRefusedByItsName() => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FileOf(OtherMethods)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.MustRefuse($"{OtherMethods}/{name}", () =>
            {
                using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(Directory.EnumerateDirectories(folder.FileOf("bases")).Order(StringComparer.Ordinal).First()));
                string type = JsonNode.Parse(File.ReadAllText(folder.FileOf(OtherMethods, name, Config)))!["peft_type"]!.GetValue<string>();
                try
                {
                    model.AddAdapter(new DirectorySource(folder.FileOf(OtherMethods, name)));
                }
                catch (ModelFileException error) when (!error.Message.Contains("peft_type", StringComparison.Ordinal) || !error.Message.Contains(type, StringComparison.Ordinal))
                {
                    Assert.Fail($"The refusal does not name peft_type and {type}: {error.Message}");
                }
            });
        }
    }, TinyModel.Refuses, everyCase: false);

    private static void CheckAdapters(Action<ReferenceFolder, string, PretrainedLanguageModel> compare) => Check(Key, folder =>
    {
        foreach (string name in Names(folder))
        {
            folder.Case(name, () =>
            {
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = Load(folder, name);
                try
                {
                    model.AddAdapter(new DirectorySource(folder.FileOf(Adapters, name)));
                }
                catch (ModelFileException error)
                {
                    string loader = Figures(folder, name).GetProperty("loader").GetString()!;
                    Assert.True(!Refusable().IsMatch(loader) || error.Message.Contains(Refusable().Match(loader).Groups[1].Value, StringComparison.Ordinal), $"'{loader}', but the refusal says: {error.Message}");
                    throw;
                }

                compare(folder, name, model);
            });
        }
    }, TinyModel.Refuses);

    private static IEnumerable<string> Names(ReferenceFolder folder) => Directory.EnumerateDirectories(folder.FileOf(Adapters)).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    private static JsonElement Figures(ReferenceFolder folder, string name) => folder.Json(Adapters, name, "expected.json");

    private static double Tolerance(ReferenceFolder folder, string name) => Figures(folder, name).Number("tolerance");

    private static GoldenTensors Golden(ReferenceFolder folder, string name) => new(folder.FileOf(Adapters, name, Expected));

    private static GoldenTensors GoldenOfBase(ReferenceFolder folder, string name) => new(folder.FileOf("bases", Figures(folder, name).GetProperty("base").GetString()!, Expected));

    private static PretrainedLanguageModel Load(ReferenceFolder folder, string name) =>
        PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf("bases", Figures(folder, name).GetProperty("base").GetString()!)));

    /// <summary>The logits of tokens, or, where the reference has one row a text, of the head that came with the adapter.</summary>
    private static Tensor Logits(ReferenceFolder folder, string name, PretrainedLanguageModel model, bool gradients = false)
    {
        using var noGradient = gradients ? null : no_grad();
        GoldenTensors given = GoldenOfBase(folder, name);
        Tensor mask = tensor(given.Longs("attention_mask"), given.Shape("attention_mask")).to(ScalarType.Bool);
        Tensor last = model.Backbone.Forward(tensor(given.Longs("input_ids"), given.Shape("input_ids")), mask, HiddenStateSelection.None).LastHiddenState;
        return Golden(folder, name).Shape("logits").Length == 3
            ? model.Backbone.Logits(last)
            : model.Head!.Outputs(last, tensor(given.Longs("input_ids"), given.Shape("input_ids")), mask);
    }

    private static float[] States(ReferenceFolder folder, string name, PretrainedLanguageModel model, bool logits)
    {
        using var noGradient = no_grad();
        GoldenTensors given = GoldenOfBase(folder, name);
        Tensor mask = tensor(given.Longs("attention_mask"), given.Shape("attention_mask")).to(ScalarType.Bool);
        Tensor last = model.Backbone.Forward(tensor(given.Longs("input_ids"), given.Shape("input_ids")), mask, HiddenStateSelection.None).LastHiddenState;
        return [.. (logits ? model.Backbone.Logits(last) : last).index([mask]).flatten().data<float>()];
    }

    private static void AssertNear(ReferenceFolder folder, string name, string expected, PretrainedLanguageModel model)
    {
        Tensor golden = Golden(folder, name).Tensor(expected);
        Tensor actual = Logits(folder, name, model);
        Assert.Equal(golden.shape, actual.shape);
        Tensor difference = (golden - actual).abs();
        GoldenTensors given = GoldenOfBase(folder, name);
        Tensor mask = tensor(given.Longs("attention_mask"), given.Shape("attention_mask")).to(ScalarType.Bool);
        double error = (golden.dim() == 3 ? difference.index([mask]) : difference).max().item<float>();
        Assert.True(error <= Tolerance(folder, name), $"{expected}: absolute error {error}, allowed {Tolerance(folder, name)}");
    }

    private static Dictionary<string, int[]> Bits(PretrainedLanguageModel model) =>
        model.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.data<float>().ToArray().Select(BitConverter.SingleToInt32Bits).ToArray());

    private static Dictionary<string, (long[] Shape, float[] Values)> ReadAll(FileSource source)
    {
        var tensors = new Dictionary<string, (long[], float[])>();
        source.Read(Weights, stream =>
        {
            var reader = new SafetensorsReader(stream, Weights);
            while (reader.MoveNext() is { } entry)
            {
                using Tensor values = reader.Read(ScalarType.Float32);
                tensors.Add(entry.Name, ([.. entry.Shape], values.data<float>().ToArray()));
            }
        });
        return tensors;
    }

    [GeneratedRegex(@"refuse (\S+) by name")]
    private static partial Regex Refusable();
}
