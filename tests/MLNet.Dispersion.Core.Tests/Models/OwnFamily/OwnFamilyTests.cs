using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.OwnFamily;

/// <summary>A registered family, no more than a reading of config.json and names of weights, does all that a built-in one does.</summary>
public sealed class OwnFamilyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-family-").FullName;

    static OwnFamilyTests() => TinyTestFamily.Register();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true, 1, 1, 1)]
    [InlineData(false, 3, 0.5, 0.25)]
    public void Forward_WholeOrBehindACache_EqualsNaiveLoops(bool tied, double word, double branch, double logit)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using LanguageBackbone backbone = Backbone(40, tied, word, branch, logit);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 12];
        var (states, logits) = Naive(backbone, word, branch, logit).Run(ids);

        Tensor whole = backbone.Forward(Ids(ids), null, HiddenStateSelection.All).LastHiddenState;
        AssertNear(states, whole[0]);
        AssertNear(logits, backbone.Logits(whole)[0]);

        using KeyValueCache cache = backbone.CreateCache(1, 16)!;
        Tensor first = backbone.Continue(cache, Ids(ids[..4]), null);
        Tensor second = backbone.Continue(cache, Ids(ids[4..]), null);
        AssertNear(states, cat([first, second], 1)[0]);
    }

    [Fact]
    public void Model_TrainsGeneratesSavesAndTakesLora()
    {
        using PretrainedLanguageModel model = Model();
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());
        FineTuneOptions options = Options();
        options.NeftuneAlpha = 1;
        options.ActivationCheckpointing = true;
        LanguageModelTrainer.Train(model, Blocks(), options);
        double trained = LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks());
        Assert.True(trained < 0.8 * before, $"from {before} to {trained}");

        string target = Path.Combine(_folder, "model");
        model.Save(target);
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        Assert.Equal(model.ComputeWeightHash(), again.ComputeWeightHash());
        Assert.Contains("TinyTestForCausalLM", File.ReadAllText(Path.Combine(target, "config.json")), StringComparison.Ordinal);
        string[] prompts = ["the error", "my payment is the"];
        var generation = new TextGenerationOptions { MaxNewTokens = 6 };
        Assert.Equal(model.Generate(prompts, generation).Select(text => text.Text), again.Generate(prompts, generation).Select(text => text.Text));

        string hash = again.ComputeWeightHash();
        options = Options();
        options.Lora = new LoraOptions { Rank = 4, Alpha = 16 };
        LanguageModelTrainer.Train(again, [.. Blocks().Select(block => Enumerable.Reverse(block).ToArray())], options);
        Assert.Equal(hash, again.ComputeWeightHash());
        Assert.Equal(["q", "v"], again.Adapter!.TargetModules!);
        double adapted = LanguageModelTrainer.MeanNegativeLogLikelihood(again, Blocks());
        Assert.NotEqual(trained, adapted);

        string adapter = Path.Combine(_folder, "adapter");
        again.Save(adapter, new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly });
        model.AddAdapter(new DirectorySource(adapter));
        Assert.Equal(adapted, LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()));
        model.RemoveAdapter();
        Assert.Equal(trained, LanguageModelTrainer.MeanNegativeLogLikelihood(model, Blocks()));
    }

    [Fact]
    public void Parameters_StandInTheOrderOfTheNames()
    {
        using LanguageBackbone backbone = Backbone(40, tied: false);

        Assert.Equal(
            ["tiny.words.weight", "tiny.words_norm.weight", "tiny.words_norm.bias", "tiny.floors.0.look.norm.weight", "tiny.floors.0.look.q.weight", "tiny.floors.0.look.q.bias"],
            backbone.named_parameters().Select(pair => pair.name).Take(6));
        Assert.Equal("speak.weight", backbone.named_parameters().Last().name);
    }

    [Theory]
    [InlineData("\"heads\": 3", "heads")]
    [InlineData("\"act\": \"relu\"", "act is 'relu'; supported: gelu_new")]
    [InlineData("\"word_factor\": 0", "word_factor")]
    public void Create_WhatTheFamilyCannotSay_IsRefusedByName(string setting, string named)
    {
        using var generator = new Generator(1, CPU);
        string json = TinyConfigs.Merge(Config(40), setting).ToJsonString();

        Assert.Contains(named, Assert.Throws<ModelFileException>(() => BackboneRegistry.Create(json, generator)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_ValueThatNoPieceImplements_IsRefusedByName()
    {
        using LanguageBackbone _ = Backbone(40);
        TransformerSpec spec = Gpt2Family.Read(ConfigReader.Parse("""{"model_type": "gpt2"}"""u8, "config.json")).Spec;

        Named(spec with { Block = spec.Block with { Order = (BlockOrder)99 } }, "Block.Order is 99, which no piece implements");
        Named(spec with { Block = spec.Block with { Mlp = spec.Block.Mlp with { Activation = (Activation)99 } } }, "Mlp.Activation is 99");
        Named(spec with { Block = spec.Block with { Attention = spec.Block.Attention with { KeyHeadCount = 5 } } }, "KeyHeadCount = 5");
        Named(spec with { Block = spec.Block with { Dropout = 1 } }, "Block.Dropout is 1");
        Named(spec with { LogitScale = double.NaN }, "LogitScale is NaN");
        Named(spec with { FinalNorm = new NormSpec(NormKind.Layer, 0) }, "FinalNorm.Epsilon is 0");

        static void Named(TransformerSpec spec, string part) => Assert.Contains(part, Assert.Throws<ArgumentException>(spec.Validate).Message, StringComparison.Ordinal);
    }

    private static string Config(int words, bool tied = true, double word = 1, double branch = 1, double logit = 1) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"\"model_type\": \"tinytest\", \"words\": {words}, \"width\": 16, \"heads\": 2, \"key_heads\": 1, \"floors\": 2, \"reach\": 48, \"inner\": 20, \"initializer_range\": 0.2, \"tied\": {(tied ? "true" : "false")}, \"word_factor\": {word}, \"branch_factor\": {branch}, \"logit_factor\": {logit}");

    private static LanguageBackbone Backbone(int words, bool tied = true, double word = 1, double branch = 1, double logit = 1)
    {
        using var generator = new Generator(11, CPU);
        return BackboneRegistry.Create($"{{{Config(words, tied, word, branch, logit)}}}", generator);
    }

    private static PretrainedLanguageModel Model()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TinyBackbone.Backbone.Source);
        return new PretrainedLanguageModel("tinytest", Backbone(tokenizer.VocabularySize), tokenizer);
    }

    private static NaiveTinyTest Naive(LanguageBackbone backbone, double word, double branch, double logit) => new(
        backbone.named_parameters().ToDictionary(p => p.name, p => (p.parameter.shape, p.parameter.to(ScalarType.Float64).data<double>().ToArray())), heads: 2, keyHeads: 1, word, branch, logit);

    private static Tensor Ids(int[] ids) => tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length);

    private static int[][] Blocks() => [.. Enumerable.Range(0, 32).Select(_ => Enumerable.Range(0, 16).Select(i => 40 + (i % 4)).ToArray())];

    private static FineTuneOptions Options() => new()
    {
        Epochs = 4,
        MicroBatchSize = 8,
        LearningRate = 2e-2,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Device = "cpu",
        GeometryProbe = null,
        Seed = 1,
    };

    private static void AssertNear(double[][] expected, Tensor actual)
    {
        double[] flat = [.. expected.SelectMany(row => row)];
        float[] numbers = actual.contiguous().data<float>().ToArray();
        Assert.Equal(flat.Length, numbers.Length);
        double scale = Math.Max(1, flat.Max(Math.Abs));
        Assert.True(flat.Zip(numbers, (a, b) => Math.Abs(a - b)).Max() / scale < 5e-6);
    }
}
