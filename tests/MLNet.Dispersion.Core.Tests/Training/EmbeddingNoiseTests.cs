using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>NEFTune: the law of the noise, and where there is none.</summary>
public sealed class EmbeddingNoiseTests
{
    private static readonly int[][] Blocks = [.. Enumerable.Range(0, 12).Select(block => Enumerable.Range(0, 6 + (block % 4)).Select(i => 40 + (block + (i * i)) % 50).ToArray())];

    [Fact]
    public void AddTo_ManyEmbeddings_IsUniformOfEachSequencesOwnMagnitude()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4, CPU);
        var noise = new EmbeddingNoise(5, generator);
        Tensor embeddings = randn([3, 200, 64], generator: generator);
        int[] lengths = [200, 50, 1];
        Tensor mask = arange(200).unsqueeze(0).lt(tensor(lengths).unsqueeze(1));

        Tensor added = noise.AddTo(embeddings, mask) - embeddings;

        for (int row = 0; row < 3; row++)
        {
            double most = 5 / Math.Sqrt(lengths[row] * 64.0);
            Tensor own = added[row].narrow(0, 0, lengths[row]);
            int count = lengths[row] * 64;
            Assert.InRange(own.abs().max().item<float>(), most * (1 - (20.0 / count)), most * 1.00001);
            Assert.InRange(own.mean().item<float>(), -5 * most / Math.Sqrt(3 * count), 5 * most / Math.Sqrt(3 * count));
            Assert.InRange(own.std().item<float>(), most / Math.Sqrt(3) * (1 - (3 / Math.Sqrt(count))), most / Math.Sqrt(3) * (1 + (3 / Math.Sqrt(count))));
            Assert.Equal(0, lengths[row] == 200 ? 0 : added[row].narrow(0, lengths[row], 200 - lengths[row]).abs().max().item<float>());
        }

        // Uniform: a quarter of the draws in each quarter of the range.
        Tensor longest = added[0] / (5 / Math.Sqrt(200 * 64.0));
        Assert.All([-1.0, -0.5, 0.0, 0.5], from => Assert.InRange(longest.ge(from).logical_and(longest.lt(from + 0.5)).to(ScalarType.Float32).mean().item<float>(), 0.235, 0.265));
    }

    [Fact]
    public void AddTo_WherePadsCount_IsOfOneMagnitudeEverywhere()
    {
        using var scope = NewDisposeScope();
        using var one = new Generator(4, CPU);
        using var other = new Generator(4, CPU);
        Tensor embeddings = zeros(2, 50, 16);
        Tensor mask = arange(50).unsqueeze(0).lt(tensor(new[] { 50, 3 }).unsqueeze(1));

        Tensor added = new EmbeddingNoise(5, one, countsPads: true).AddTo(embeddings, mask);

        Assert.True(added.allclose(new EmbeddingNoise(5, other).AddTo(embeddings, null)));
        Assert.InRange(added[1].narrow(0, 3, 47).abs().max().item<float>(), 0.95 * 5 / Math.Sqrt(50 * 16), 5 / Math.Sqrt(50 * 16));
    }

    [Fact]
    public void AddTo_WithoutMask_IsThatOfAFullOne()
    {
        using var scope = NewDisposeScope();
        Tensor embeddings = zeros(2, 7, 8);
        using var one = new Generator(4, CPU);
        using var other = new Generator(4, CPU);

        Tensor expected = new EmbeddingNoise(10, one).AddTo(embeddings, ones(2, 7, dtype: ScalarType.Bool));

        Assert.True(new EmbeddingNoise(10, other).AddTo(embeddings, null).allclose(expected));
        Assert.True(expected.abs().sum().item<float>() > 0);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gpt_neox")]
    public void Forward_EveryArchitecture_IsDisturbedInTrainingAlone(string modelType)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4, CPU);
        string sizes = modelType == "gpt2"
            ? "\"n_layer\": 1, \"n_embd\": 16, \"n_head\": 2, \"n_positions\": 12"
            : "\"num_hidden_layers\": 1, \"hidden_size\": 16, \"num_attention_heads\": 2, \"max_position_embeddings\": 12, \"intermediate_size\": 32, \"hidden_dropout\": 0.0, \"attention_dropout\": 0.0";
        using LanguageBackbone backbone = BackboneRegistry.Create($"{{\"model_type\": \"{modelType}\", \"vocab_size\": 30, {sizes}}}", generator);
        Tensor ids = arange(8, dtype: ScalarType.Int64).view(2, 4);
        Tensor before = backbone.Forward(ids, null, HiddenStateSelection.All).HiddenStates[0]!;

        backbone.Context.EmbeddingNoise = new EmbeddingNoise(5, generator);
        Tensor evaluated = backbone.Forward(ids, null, HiddenStateSelection.All).HiddenStates[0]!;
        backbone.train();
        Tensor trained = backbone.Forward(ids, null, HiddenStateSelection.All).HiddenStates[0]!;

        Assert.True(evaluated.eq(before).all().item<bool>());
        Assert.True(trained.ne(before).all().item<bool>());
        Assert.InRange((trained - before).abs().max().item<float>(), 0, 5.001 / Math.Sqrt(4 * 16));
    }

    [Fact]
    public void Train_AlphaZero_IsPlainTrainingBitForBitAndMoreIsNot()
    {
        using var plain = Train(_ => { });
        using var zero = Train(options => options.NeftuneAlpha = 0);
        using var noisy = Train(options => options.NeftuneAlpha = 5);
        using var again = Train(options => options.NeftuneAlpha = 5);

        Assert.True(Same(plain, zero));
        Assert.False(Same(plain, noisy));
        Assert.True(Same(noisy, again));
        Assert.Null(noisy.Backbone.Context.EmbeddingNoise);
    }

    [Fact]
    public void Train_WithNoise_ValidatesWithout()
    {
        var options = Options();
        (options.NeftuneAlpha, options.MaxSteps, options.ValidationFraction) = (50, 1, 0.25);
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var result = LanguageModelTrainer.Train(model, Blocks, options);
        var (_, held) = ValidationSplit.Split(Blocks.Length, _ => 0, 0.25, options.Seed!.Value);

        // The first step's learning rate is 0, so the weights are those of before.
        Assert.Equal(LanguageModelTrainer.MeanNegativeLogLikelihood(model, [.. held.Select(row => Blocks[row])]), result.BestValidationLoss!.Value, 1e-5);
    }

    [Theory]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.BFloat16Mixed, false)]
    public void Train_ClassifierWithNoiseProbeAndAccumulation_Works(Precision precision, bool checkpointing)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        var options = TextClassifierTests.Options();
        (options.NeftuneAlpha, options.Precision, options.ActivationCheckpointing, options.GradientAccumulationSteps) = (5, precision, checkpointing, 2);
        options.EarlyStoppingPatience = null;
        options.GeometryProbe!.EverySteps = 2;
        using var noisy = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        options.NeftuneAlpha = 0;
        using var plain = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);

        Assert.NotEqual(plain.TrainingResult!.History[0].TaskLoss, noisy.TrainingResult!.History[0].TaskLoss);
        Assert.Equal(plain.GeometryHistory[0].Profile.Layers[^1].MeanCosine, noisy.GeometryHistory[0].Profile.Layers[^1].MeanCosine);
        Assert.Equal(plain.GeometryHistory.Count, noisy.GeometryHistory.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void Validate_WrongAlpha_IsNamed(double alpha) =>
        Assert.Equal("NeftuneAlpha", Assert.Throws<ArgumentOutOfRangeException>(new FineTuneOptions { NeftuneAlpha = alpha }.Validate).ParamName);

    private static bool Same(PretrainedLanguageModel one, PretrainedLanguageModel other) =>
        one.Backbone.parameters().Zip(other.Backbone.parameters()).All(pair => pair.First.eq(pair.Second).all().item<bool>());

    private static PretrainedLanguageModel Train(Action<FineTuneOptions> change)
    {
        var options = Options();
        change(options);
        var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageModelTrainer.Train(model, Blocks, options);
        return model;
    }

    private static FineTuneOptions Options() => new()
    {
        Epochs = 2,
        MicroBatchSize = 4,
        LearningRate = 3e-3,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        GeometryProbe = null,
        Seed = 3,
    };
}
