using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class LanguageModelTrainerTests
{
    [Fact]
    public void Train_RepeatedPattern_IsLearned()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 32).Select(_ => Enumerable.Range(0, 16).Select(i => 40 + (i % 4)).ToArray())];
        double before = LanguageModelTrainer.MeanNegativeLogLikelihood(model, blocks);

        var result = LanguageModelTrainer.Train(model, blocks, Options());

        double after = LanguageModelTrainer.MeanNegativeLogLikelihood(model, blocks);
        Assert.True(after < 0.3 && after < before / 5, $"from {before} to {after}");
        Assert.Equal(result.Steps * 8L * 16, result.TrainedTokens);
    }

    /// <summary>Dropout included: the second run of a block must draw what the first did, and the generator go on from there.</summary>
    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.2, true)]
    public void Backward_ActivationCheckpointing_GivesTheSameGradients(double dropout, bool padded)
    {
        using var scope = NewDisposeScope();
        var kept = Gradients(dropout, padded, checkpointing: false);
        var checkpointed = Gradients(dropout, padded, checkpointing: true);

        Assert.Equal(kept.Keys, checkpointed.Keys);
        Assert.All(kept, pair => Assert.InRange((checkpointed[pair.Key] - pair.Value).norm().item<float>(), 0, 2e-6f * pair.Value.norm().item<float>() + 1e-9f));
    }

    private static Dictionary<string, Tensor> Gradients(double dropout, bool padded, bool checkpointing)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var generator = new Generator(9, CPU);
        LanguageBackbone backbone = model.Backbone;
        backbone.ActivationCheckpointing = checkpointing;
        backbone.DropoutProbability = dropout;
        backbone.DropoutGenerator = generator;
        backbone.train();
        int[][] rows = [.. Enumerable.Range(0, 5).Select(row => Enumerable.Range(0, padded ? 6 + row : 12).Select(i => 40 + (i * row % 9)).ToArray())];
        var tokens = TokenBatch.Pad(rows, padId: 0);
        for (int pass = 0; pass < 2; pass++)
        {
            using var scope = NewDisposeScope();
            Tensor ids = tokens.InputIdsTensor(CPU);
            var output = backbone.Forward(ids, tokens.AttentionMaskTensor(CPU), HiddenStateSelection.All);
            new CausalLMObjective().Compute(backbone, output, ids, new TaskBatch { Tokens = tokens, Rows = [] }).Sum.add(output.HiddenStates[1]!.pow(2).sum()).backward();
        }

        return backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!.clone());
    }

    [Fact]
    public void MeanNegativeLogLikelihood_PaddedBatches_EqualsTokenByToken()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] texts = [[5, 9, 70, 33], [12, 80], [200, 4, 4, 4, 7, 100, 31]];

        double expected = texts.Sum(text => NegativeLogLikelihood(model.Backbone, text)) / texts.Sum(text => text.Length - 1);

        Assert.Equal(expected, LanguageModelTrainer.MeanNegativeLogLikelihood(model, texts, batchSize: 3), 1e-5);
        Assert.Equal(expected, LanguageModelTrainer.MeanNegativeLogLikelihood(model, texts, batchSize: 1), 1e-5);
    }

    [Fact]
    public void Train_MicroBatchesOfUnequalTokens_WeighEachTokenAlike()
    {
        int[][] texts = [[5, 9, 70, 33, 8, 12, 90], [12, 80], [200, 4, 4, 4, 7, 100, 31], [6, 7]];
        var whole = Options();
        whole.MicroBatchSize = 4;
        var parts = Options();
        parts.MicroBatchSize = 1;
        parts.GradientAccumulationSteps = 4;

        var one = FirstStep(texts, whole);
        var four = FirstStep(texts, parts);

        Assert.Equal(one.TaskLoss, four.TaskLoss, 1e-5);
        Assert.Equal(one.GradientNorm, four.GradientNorm, 1e-4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(TinyBackbone.ContextLength + 1)]
    public void Train_BlockOfBadLength_IsNamed(int length)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        var error = Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, [[1, 2, 3], new int[length]], Options()));

        Assert.Contains($"Block 1 has {length} tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_NoBlocks_Throws()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, [], Options()));
    }

    private static TrainingProgress FirstStep(int[][] texts, FineTuneOptions options)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        options.MaxSteps = 1;
        options.Dispersion.Coefficient = 0;
        return LanguageModelTrainer.Train(model, texts, options).History[0];
    }

    private static double NegativeLogLikelihood(LanguageBackbone backbone, int[] text)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        backbone.eval();
        double sum = 0;
        for (int length = 1; length < text.Length; length++)
        {
            var ids = tensor(text[..length].Select(id => (long)id).ToArray(), 1, length);
            var hidden = backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
            double[] logits = [.. backbone.Logits(hidden)[0][length - 1].data<float>().Select(value => (double)value)];
            double max = logits.Max();
            sum += Math.Log(logits.Sum(value => Math.Exp(value - max))) + max - logits[text[length]];
        }

        return sum;
    }

    private static FineTuneOptions Options() => new()
    {
        Epochs = 20,
        MicroBatchSize = 8,
        LearningRate = 1e-2,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Seed = 5,
    };
}
