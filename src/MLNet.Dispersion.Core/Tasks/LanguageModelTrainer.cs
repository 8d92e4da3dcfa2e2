namespace MLNet.Dispersion;

/// <summary>Causal-LM training ("mid-training", or from random weights) with the dispersion regulariser.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("gpt2"));
/// IReadOnlyList&lt;int[]&gt; blocks = TrainingBlocks.Packed(model, File.ReadLines("corpus.txt"), blockLength: 512);
/// FineTuneResult result = LanguageModelTrainer.Train(model, blocks, FineTuneOptions.PaperMidTraining(tokens: 2_000_000));
/// model.Save("gpt2-dispersed");
/// </code>
/// </example>
public static class LanguageModelTrainer
{
    /// <summary>Trains a language model in place on token blocks; each predicts its own next tokens.</summary>
    /// <param name="model">Changed in place; must not be used by others meanwhile. Stays the caller's.</param>
    /// <param name="blocks">Packed blocks, or single texts, of at least 2 tokens each; longer ones than the context are refused.</param>
    /// <param name="options">How to train.</param>
    /// <param name="tokenWeights">How much each token of each block counts in the loss, at least 0, such as <see cref="TrainingBlocks.TokenWeights"/>; a block's first token is predicted from nothing and counts nothing. Null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">No blocks, one that is too short or too long, weights that do not fit them, or a bad option, or a teacher that does not fit.</exception>
    /// <exception cref="ModelFileException">The teacher's checkpoint is missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written. To go on, pass the model as loaded from its files, not as an interrupted call left it.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled; the model holds the weights of the last step.</exception>
    public static FineTuneResult Train(PretrainedLanguageModel model, IReadOnlyList<int[]> blocks, FineTuneOptions options, IReadOnlyList<float[]>? tokenWeights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Clone();
        options.Validate();
        CheckBlocks(model, blocks);
        CheckWeights(blocks, tokenWeights, options);
        int[][]? probeTexts = options.GeometryProbe?.Texts is { } probe ? [.. new TextEncoder(model, null).Encode(probe).Sequences] : null;
        using DistillationObjective? distillation = Distillation(model, blocks, options);
        TrainingObjective objective = tokenWeights is null ? distillation ?? (TrainingObjective)new CausalLMObjective() : new AnswerObjective(tokenWeights, textLengths: null, isDynamic: false, name: "causal language modelling, weighted");
        return MeasuredTraining.Run(model, objective, new TrainingRows(blocks), options, probeTexts);
    }

    /// <summary>Mean negative log-likelihood per predicted token, in nats; its exponential is the token perplexity.</summary>
    /// <param name="model">Any language model; it is put into evaluation mode and back.</param>
    /// <param name="blocks">Blocks of at least 2 tokens.</param>
    /// <param name="batchSize">Blocks of one forward pass. At least 1.</param>
    /// <param name="cancellationToken">Cancels between passes.</param>
    public static double MeanNegativeLogLikelihood(PretrainedLanguageModel model, IReadOnlyList<int[]> blocks, int batchSize = 8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        CheckBlocks(model, blocks);
        int padId = model.Backbone.Info.EosTokenId ?? 0;
        var validator = new Validator(model.Backbone, new CausalLMObjective(), new TrainingRows(blocks), [.. Enumerable.Range(0, blocks.Count)], batchSize, padId, model.Device);
        return validator.Measure(cancellationToken).Loss;
    }

    private static DistillationObjective? Distillation(PretrainedLanguageModel model, IReadOnlyList<int[]> blocks, FineTuneOptions options) =>
        options.Distillation is { IsActive: true } distillation
            ? new DistillationObjective(DistillationTeacher.Open(model, blocks, options), model.Backbone.Info, distillation, options.Seed ?? 0, model.Device)
            : null;

    private static void CheckWeights(IReadOnlyList<int[]> blocks, IReadOnlyList<float[]>? weights, FineTuneOptions options)
    {
        if (weights is null)
        {
            return;
        }

        TeacherCheck.Refuse(options, "causal language modelling of weighted tokens");
        LabelSmoothing.Refuse(options, "causal language modelling");
        if (weights.Count != blocks.Count)
        {
            throw new ArgumentException($"There are {blocks.Count} blocks but weights of {weights.Count}; each block needs those of its tokens.", nameof(weights));
        }

        bool learns = false;
        for (int i = 0; i < blocks.Count; i++)
        {
            float[] own = weights[i];
            if (own is null || own.Length != StoredRows.LengthOf(blocks, i) || own.Any(weight => !float.IsFinite(weight) || weight < 0))
            {
                throw new ArgumentException($"The weights of block {i} must be {StoredRows.LengthOf(blocks, i)} finite numbers of at least 0, one a token.", nameof(weights));
            }

            learns |= own.AsSpan(1).ContainsAnyExcept(0f);
        }

        if (!learns)
        {
            throw new ArgumentException("Every token that could be predicted has weight 0; there is nothing to learn from.", nameof(weights));
        }
    }

    private static void CheckBlocks(PretrainedLanguageModel model, IReadOnlyList<int[]> blocks)
    {
        model.RequireCausal("Causal-language-model training or likelihood");
        if (blocks.Count == 0)
        {
            throw new ArgumentException("There are no blocks to train on: the text is empty or shorter than one block.", nameof(blocks));
        }

        int context = model.Backbone.Info.ContextLength;
        for (int i = 0; i < blocks.Count; i++)
        {
            int length = StoredRows.LengthOf(blocks, i);
            if (length < 2 || length > context)
            {
                throw new ArgumentException($"Block {i} has {length} tokens; it must have from 2 to the backbone's context of {context}.", nameof(blocks));
            }
        }
    }
}
