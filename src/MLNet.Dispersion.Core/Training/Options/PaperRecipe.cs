namespace MLNet.Dispersion;

/// <summary>The figures of the published mid-training recipe for GPT-2 (arXiv 2602.00217), one by one.</summary>
internal static class PaperRecipe
{
    /// <summary>Tokens of a block, GPT-2's context (the paper takes 4096 for Qwen3).</summary>
    internal const int ContextLength = 1024;

    /// <summary>Tokens of an optimizer step.</summary>
    internal const int TokensPerStep = 131_072;

    /// <summary>Tokens in all, of WikiText-103.</summary>
    internal const long Tokens = 200_000_000;

    private const double LearningRate = 5e-5;
    private const double WarmupRatio = 0.2;
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.95;
    private const double WeightDecay = 0.1;
    private const double MaxGradNorm = 1.0;

    /// <summary>The whole recipe.</summary>
    internal static FineTuneOptions Create(DispersionVariant variant, LayerSelection layers, double coefficient, int microBatchSize, int contextLength, long tokens, int tokensPerStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokensPerStep, 1);
        var options = new FineTuneOptions
        {
            Dispersion = Dispersion(variant, layers, coefficient),
            Epochs = FineTuneOptions.NoEpochLimit,
            MaxSteps = (int)Math.Min(int.MaxValue, ((tokens - 1) / tokensPerStep) + 1),
            MicroBatchSize = microBatchSize,
            GradientAccumulationSteps = Accumulation(microBatchSize, contextLength, tokensPerStep),
            MaxSequenceLength = contextLength,
            LearningRate = LearningRate,
            WarmupRatio = WarmupRatio,
            Beta1 = Beta1,
            Beta2 = Beta2,
            WeightDecay = WeightDecay,
            MaxGradNorm = MaxGradNorm,
            Dropout = null,
            ValidationFraction = 0,
            EarlyStoppingPatience = null,
            Precision = Precision.Auto,
        };
        options.Validate();
        return options;
    }

    private static DispersionOptions Dispersion(DispersionVariant variant, LayerSelection layers, double coefficient) => new()
    {
        Coefficient = coefficient,
        Variant = variant,
        Layers = layers,
        TauCos = 1,
        TauL2 = 1,
        Margin = 0.5,
        Epsilon = 1e-2,
        ClampThreshold = 0.1,
        MaxTokens = 256,
    };

    private static int Accumulation(int microBatchSize, int contextLength, int tokensPerStep)
    {
        long microBatch = (long)microBatchSize * contextLength;
        if (tokensPerStep % microBatch == 0)
        {
            return (int)(tokensPerStep / microBatch);
        }

        if (tokensPerStep % contextLength != 0)
        {
            throw new ArgumentException($"{tokensPerStep} tokens a step are no whole number of blocks of {contextLength} tokens. Choose tokensPerStep as a multiple of contextLength.", nameof(tokensPerStep));
        }

        int blocks = tokensPerStep / contextLength;
        int fitting = Enumerable.Range(1, Math.Min(microBatchSize, blocks)).Last(size => blocks % size == 0);
        throw new ArgumentException($"A step of {tokensPerStep} tokens has {blocks} blocks of {contextLength}, which micro-batches of {microBatchSize} do not divide. The next smaller size that does is {fitting}.", nameof(microBatchSize));
    }
}
