namespace MLNet.Dispersion;

/// <summary>How a backbone is fine-tuned. Defaults follow the published recipe where it has one (source in each entry).</summary>
/// <remarks>Not thread-safe while it is edited; estimators take a copy (<see cref="Clone"/>), so that later edits change nothing.</remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// var options = new FineTuneOptions
/// {
///     Epochs = 3,
///     LearningRate = 2e-5,
///     Dispersion = { Coefficient = 0.1, Variant = DispersionVariant.AngularSpread },
///     Lora = new LoraOptions { Rank = 16, Alpha = 32 },
/// };
/// </code>
/// </example>
public sealed class FineTuneOptions : IOptions
{
    /// <summary>A value of <see cref="Epochs"/>: as many passes over the rows as <see cref="MaxSteps"/> takes, which must then be set.</summary>
    public const int NoEpochLimit = int.MaxValue;

    /// <summary>Gets or sets the dispersion regulariser. Its coefficient 0 is plain fine-tuning.</summary>
    public DispersionOptions Dispersion { get; set; } = new();

    /// <summary>
    /// Gets or sets the low-rank adaptation: the backbone's weights stay as they are, bit for bit, and an adapter beside them is trained, with the new head where there is one.
    /// A model that carries an adapter of the same shape has it trained further. Default null: all weights are trained.
    /// </summary>
    public LoraOptions? Lora { get; set; }

    /// <summary>
    /// Gets or sets whether to train the head alone: the new head of a classifier, or the language-model head where it is no copy of the token embedding. The rest of the backbone stays as it is, bit for bit.
    /// Default false. Excludes <see cref="Lora"/>.
    /// </summary>
    public bool HeadOnly { get; set; }

    /// <summary>Gets or sets the head that a classifier or regressor begins with; other tasks have none. Default <see cref="HeadStart.Linear"/>: a new linear layer.</summary>
    public HeadStart HeadStart { get; set; }

    /// <summary>
    /// Gets or sets the number of passes over the training rows. Default null: by the number of rows (<see cref="FineTuneDefaults"/>), many for few; 3 for language models.
    /// At least 1, or <see cref="NoEpochLimit"/>.
    /// </summary>
    [OutsideTheRun]
    public int? Epochs { get; set; }

    /// <summary>Gets or sets the number of optimizer steps after which training ends, whatever <see cref="Epochs"/> says; null for no limit (default). At least 1.</summary>
    public int? MaxSteps { get; set; }

    /// <summary>Gets or sets the number of rows of one forward pass. Default 16. At least 1.</summary>
    public int MicroBatchSize { get; set; } = 16;

    /// <summary>Gets or sets the number of forward passes whose gradients are added up for one optimizer step. Default 1. At least 1.</summary>
    public int GradientAccumulationSteps { get; set; } = 1;

    /// <summary>Gets or sets the most tokens of one row; longer rows are cut off. Default null: what a sentence-transformers directory says (max_seq_length, else its tokenizer's model_max_length), else the backbone's context length. At least 2.</summary>
    public int? MaxSequenceLength { get; set; }

    /// <summary>
    /// Gets or sets how the tokens' final hidden states become the one vector that a task's head reads; saved with the model. Default null: as the files of a sentence-transformers
    /// directory say (modules.json), else the mean of the tokens (docs/measured-defaults.md). Language-model training has no use for it.
    /// </summary>
    public TextPooling? Pooling { get; set; }

    /// <summary>
    /// Gets or sets the share of each label that is spread evenly over all classes in training, as PyTorch's cross_entropy(label_smoothing=…) does; of binary labels, over yes and no.
    /// Losses are reported and weights are chosen without it. Default 0 (none). At least 0 and below 1. Classification alone: other tasks refuse it.
    /// </summary>
    public double LabelSmoothing { get; set; }

    /// <summary>
    /// Gets or sets the peak learning rate of the backbone. Default null: by the number of trained weights, the published recipe's 5e-5 at GPT-2's 124 M parameters,
    /// inversely proportional to the parameter count, between 1e-5 and 5e-4; with <see cref="Lora"/> under a head ten times what the whole network would have, with <see cref="HeadOnly"/> 5e-3. Above 0.
    /// </summary>
    public double? LearningRate { get; set; }

    /// <summary>Gets or sets what the new head's learning rate is, as a multiple of <see cref="LearningRate"/>. Default null: see <see cref="FineTuneDefaults"/>. Above 0.</summary>
    [OutsideTheRun]
    public double? HeadLearningRateMultiplier { get; set; }

    /// <summary>Gets or sets the share of steps in which the learning rate rises linearly from 0. Default null: 0.2 (published recipe) for language models, for heads see <see cref="FineTuneDefaults"/>. 0..1.</summary>
    [OutsideTheRun]
    public double? WarmupRatio { get; set; }

    /// <summary>Gets or sets how much the rows of each class count in classification. Default <see cref="ClassWeighting.Even"/>. Tasks without one class for each row refuse another.</summary>
    public ClassWeighting ClassWeights { get; set; }

    /// <summary>Gets or sets how the learning rate goes on behind its warm-up. Default: half a cosine down to 0 (published recipe).</summary>
    public ScheduleOptions Schedule { get; set; } = new();

    /// <summary>Gets or sets the rule by which weights follow their gradients. Default: AdamW (published recipe).</summary>
    public OptimizerOptions Optimizer { get; set; } = new();

    /// <summary>
    /// Gets or sets what each layer's learning rate is, as a share of that of the layer above it: the final norm and the head of a language model learn at the full rate, the last of N layers at this share of it, the first at its N-th power,
    /// the embeddings at one power more (as ELECTRA and BEiT were fine-tuned). Default 1: all alike. Above 0, at most 1.
    /// </summary>
    public double LayerLearningRateDecay { get; set; } = 1;

    /// <summary>Gets or sets how many of the first layers stay as they are, bit for bit, with the embeddings below them; of an adapter the same layers' parts. A head that is tied to the embedding stays, too. Default 0: none. At least 0.</summary>
    public int FrozenLayers { get; set; }

    /// <summary>Gets or sets the weight decay, not applied to biases and norms; decoupled from the gradient in AdamW. Default 0.1 (published recipe). At least 0.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Gets or sets AdamW's first-moment decay. Default 0.9 (published recipe). 0..1, 1 excluded.</summary>
    public double Beta1 { get; set; } = 0.9;

    /// <summary>Gets or sets AdamW's second-moment decay. Default 0.95 (published recipe). 0..1, 1 excluded.</summary>
    public double Beta2 { get; set; } = 0.95;

    /// <summary>Gets or sets AdamW's epsilon. Default 1e-8 (PyTorch). Above 0.</summary>
    public double AdamEpsilon { get; set; } = 1e-8;

    /// <summary>Gets or sets the norm to which all gradients together are clipped. Default 1 (published recipe). Above 0; null for no clipping.</summary>
    public double? MaxGradNorm { get; set; } = 1.0;

    /// <summary>Gets or sets the dropout on embeddings, attention and residual branches. Default null: what the checkpoint's config says. 0..1, 1 excluded.</summary>
    public double? Dropout { get; set; }

    /// <summary>
    /// Gets or sets the alpha of NEFTune (Jain et al. 2023, arXiv 2310.05914), a baseline of the published experiments: in training, each token embedding gets noise that is uniform on [-m, m], m = alpha / sqrt(L F),
    /// L being the tokens of its own sequence and F the features. Validation and measurements have none, nor have pads unless <see cref="NeftuneCountsPads"/> is set. The paper uses 5, 10 and 15; the published experiments on dispersion 1 with GPT-2. Default 0: off. At least 0.
    /// </summary>
    public double NeftuneAlpha { get; set; }

    /// <summary>Gets or sets whether L in <see cref="NeftuneAlpha"/> is the padded length of the micro-batch and pads get noise too, as in Hugging Face's Trainer and the published experiments, instead of each sequence's own length. Default false. The same where nothing is padded.</summary>
    public bool NeftuneCountsPads { get; set; }

    /// <summary>Gets or sets active forgetting, a baseline of the published experiments: token embeddings that are drawn anew every so many steps. Default null: none.</summary>
    public ActiveForgettingOptions? ActiveForgetting { get; set; }

    /// <summary>Gets or sets knowledge distillation from a larger model; causal-LM training alone, other tasks refuse it. Default null: no teacher.</summary>
    public DistillationOptions? Distillation { get; set; }

    /// <summary>Gets or sets the share of rows held out of training to choose the best weights by. Default null: 0.1, but 0 where rows are few (<see cref="FineTuneDefaults"/>); 0 keeps the last weights. 0..0.5.</summary>
    [OutsideTheRun]
    public double? ValidationFraction { get; set; }

    /// <summary>Gets or sets how many of the rows, the last ones, are held out in the place of a share; null (default) for <see cref="ValidationFraction"/>. At least 1. Of packed texts the rows are blocks.</summary>
    public int? ValidationRows { get; set; }

    /// <summary>
    /// Gets or sets the figure of the held-out rows by which the best weights are chosen and training stops early, the higher the better: one that the task reports (<see cref="TrainingProgress.ValidationFigures"/>), such as
    /// <see cref="TrainingFigures.Accuracy"/>, or that an observer gives (<see cref="ITrainingObserver.Figures"/>). Default null: the loss, the lower the better. Refused where no rows are held out.
    /// </summary>
    public string? BestBy { get; set; }

    /// <summary>Gets or sets the number of epochs without a better validation loss, or figure (<see cref="BestBy"/>), after which training stops early. Default 2. At least 1; null never stops early.</summary>
    public int? EarlyStoppingPatience { get; set; } = 2;

    /// <summary>Gets or sets the number type of matrix products. Default <see cref="Precision.Auto"/>.</summary>
    [OutsideTheRun]
    public Precision Precision { get; set; } = Precision.Auto;

    /// <summary>
    /// Gets or sets the number type in which the fine-tuned classifier scores texts, whatever <see cref="Precision"/> it was trained in; saved with it, and can be changed later on.
    /// Default <see cref="Precision.Float32"/>: the same scores on every processor. <see cref="Precision.BFloat16Mixed"/> is faster where the processor has bfloat16
    /// and slower where it has not; probabilities typically differ from float32's by less than 0.01, so that labels of undecided texts may change.
    /// <see cref="Precision.Auto"/> decides on the machine that scores. Class scoring alone: language-model training ignores it.
    /// </summary>
    [OutsideTheRun]
    public Precision ScoringPrecision { get; set; } = Precision.Float32;

    /// <summary>Gets or sets whether to keep each block's input alone and run the block again in the backward pass: the time of one more forward pass, much less memory for long contexts. The same gradients. Default false.</summary>
    public bool ActivationCheckpointing { get; set; }

    /// <summary>Gets or sets where to compute: <c>auto</c> (default: CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>, <c>mps</c>.</summary>
    [OutsideTheRun]
    public string Device { get; set; } = "auto";

    /// <summary>
    /// Gets or sets the seed of shuffling, the validation split, the new head, dropout and token subsampling. The same seed, machine and thread count give the same
    /// weights, bit for bit. Default null: the ML.NET estimator draws one from its MLContext (so that <c>new MLContext(seed: 1)</c> decides) and says
    /// which; without ML.NET it counts as 0.
    /// </summary>
    [OutsideTheRun]
    public int? Seed { get; set; }

    /// <summary>Gets or sets what is measured of the hidden states' geometry before, after and during training. Default: 16 training rows, before and after; null for nothing.</summary>
    public GeometryProbeOptions? GeometryProbe { get; set; } = new();

    /// <summary>Gets or sets where and how often to save checkpoints from which the same call goes on after an interruption. Default null: none.</summary>
    [OutsideTheRun]
    public CheckpointOptions? Checkpoints { get; set; }

    /// <summary>Gets or sets how several processes train together, over MPI: <c>new()</c> in a program that <c>mpirun</c>, Slurm or Kubernetes starts several times. Default null: this process alone.</summary>
    [OutsideTheRun]
    public DistributedOptions? Distributed { get; set; }

    /// <summary>
    /// Gets or sets the most bytes that the texts of the training data, and apart from them their tokens, have in memory. What is larger lies in files: of texts in the temporary folder until training ends, of tokens there, too, or in the folder of
    /// <see cref="Checkpoints"/>, where the run that goes on finds them again. Batches are drawn from there in the same order, and weights are the same, bit for bit. Default 256 MiB. At least 0, by which both have files.
    /// </summary>
    [OutsideTheRun]
    public long DataMemoryBytes { get; set; } = RowStorage.DefaultMemoryBytes;

    /// <summary>Gets or sets the observers that watch training and measure what is trained, called in this order on the training thread. Default: none (<see cref="GeometryProbe"/> has an observer of its own).</summary>
    [OutsideTheRun]
    public IReadOnlyList<ITrainingObserver> Observers { get; set; } = [];

    /// <summary>Gets or sets what is told about every optimizer step, on the training thread. Default null.</summary>
    [OutsideTheRun]
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Gets or sets the token that cancels training within one micro-batch with an <see cref="OperationCanceledException"/>.</summary>
    [OutsideTheRun]
    public CancellationToken CancellationToken { get; set; }

    /// <summary>The published mid-training recipe for GPT-2 (arXiv 2602.00217), every figure of it; for <see cref="LanguageModelTrainer"/> and blocks packed by <see cref="TextPacker"/>.</summary>
    /// <remarks>
    /// <para>Optimizer: AdamW, learning rate 5e-5, betas 0.9 and 0.95, weight decay 0.1 (not on biases and norms), gradients clipped to norm 1.</para>
    /// <para>Schedule: linear warm-up over 20 % of the steps, then a cosine down to 0; 131,072 tokens a step, 200 M tokens, which are 1,526 steps.</para>
    /// <para>Dispersion: angular spread on all block outputs, coefficient 0.1, tau 1, epsilon 0.01, clamp threshold 0.1 (that of the reference's training
    /// program), at most 256 token positions of a sequence.</para>
    /// <para>Data: WikiText-103, sequences concatenated and cut into blocks of 1,024 tokens without padding. bfloat16 where the device has it; dropout as the
    /// checkpoint's config says (0.1 for GPT-2). No rows are held out and training does not stop early: the last weights are kept.</para>
    /// <para>AdamW's epsilon (1e-8) is PyTorch's; the paper names no seed. Smaller models and budgets than the paper's need other values: change the options returned.</para>
    /// </remarks>
    /// <param name="variant">The form of the dispersion loss. Default: the paper's.</param>
    /// <param name="layers">Where it is applied. Default: the paper's.</param>
    /// <param name="coefficient">Its weight. Default 0.1 (the paper's for GPT-2); 0 is the paper's plain mid-training.</param>
    /// <param name="microBatchSize">Blocks of one forward pass: what fits into memory; the rest of a step's tokens is accumulated. Default 8. Must divide the step's blocks.</param>
    /// <param name="contextLength">Tokens of a block. Default 1,024 (the paper's for GPT-2; 4,096 for Qwen3). At least 2.</param>
    /// <param name="tokens">Tokens to train on, over as many passes as that takes; rounded up to whole steps. Default 200 M (the paper's). At least 1.</param>
    /// <param name="tokensPerStep">Tokens of an optimizer step, a multiple of <paramref name="contextLength"/>. Default 131,072 (the paper's).</param>
    /// <returns>Options to change at will.</returns>
    /// <exception cref="ArgumentException">A value is out of range, or the sizes do not divide; the message names one that does.</exception>
    public static FineTuneOptions PaperMidTraining(
        DispersionVariant variant = DispersionVariant.AngularSpread,
        LayerSelection layers = LayerSelection.All,
        double coefficient = 0.1,
        int microBatchSize = 8,
        int contextLength = PaperRecipe.ContextLength,
        long tokens = PaperRecipe.Tokens,
        int tokensPerStep = PaperRecipe.TokensPerStep) =>
        PaperRecipe.Create(variant, layers, coefficient, microBatchSize, contextLength, tokens, tokensPerStep);

    /// <summary>A copy, the options of dispersion, baselines, distillation, checkpoints and probe included, so that later edits of one do not reach the other.</summary>
    public FineTuneOptions Clone()
    {
        var copy = (FineTuneOptions)MemberwiseClone();
        copy.Dispersion = Dispersion.Clone();
        copy.Schedule = Schedule.Clone();
        copy.Optimizer = Optimizer.Clone();
        copy.ActiveForgetting = ActiveForgetting?.Clone();
        copy.Distillation = Distillation?.Clone();
        copy.Lora = Lora?.Clone();
        copy.GeometryProbe = GeometryProbe?.Clone();
        copy.Checkpoints = Checkpoints?.Clone();
        copy.Distributed = Distributed?.Clone();
        copy.Observers = [.. Observers ?? []];
        return copy;
    }

    /// <summary>Lets the best weights be chosen, and training stop early, by a figure of your own, the higher the better: adds an observer that gives it and sets <see cref="BestBy"/>. Needs held-out rows.</summary>
    /// <param name="measure">Measures it at the end of each epoch, such as by scoring rows of your own with the model that is trained; the backbone is in evaluation mode meanwhile.</param>
    /// <exception cref="ArgumentException"><see cref="BestBy"/> names another figure.</exception>
    public void ChooseBy(Func<TrainingRun, double> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        if (BestBy is { } other)
        {
            throw new ArgumentException($"FineTuneOptions.BestBy is '{other}', and a figure of your own is to choose the best weights: leave BestBy null, or leave the figure out.", nameof(measure));
        }

        (BestBy, Observers) = (TrainingFigures.OwnMetric, [.. Observers, new EpochFigure(TrainingFigures.OwnMetric, measure)]);
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(FineTuneOptions)).Options(this);

    /// <summary>Says which of a run's numbers were taken because these options name none; empty where they name all.</summary>
    /// <param name="numbers">The run's numbers.</param>
    public string TakenFrom(FineTuneDefaults numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        string?[] taken =
        [
            Epochs is null ? FormattableString.Invariant($"{numbers.Epochs} epochs") : null,
            LearningRate is null ? FormattableString.Invariant($"learning rate {numbers.LearningRate:0.##E+0}") : null,
            HeadLearningRateMultiplier is null ? FormattableString.Invariant($"head rate x {numbers.HeadLearningRateMultiplier}") : null,
            WarmupRatio is null ? FormattableString.Invariant($"warm-up {numbers.WarmupRatio}") : null,
            ValidationFraction is null ? FormattableString.Invariant($"held out {numbers.ValidationFraction}") : null,
        ];
        return string.Join(", ", taken.Where(part => part is not null));
    }

    /// <summary>Where the tokens of rows are kept. Processes that train together have each their own, which goes with them.</summary>
    internal RowStorage Storage => new() { MemoryBytes = DataMemoryBytes, KeepIn = Distributed is null ? Checkpoints?.Directory : null };

    /// <summary>The numbers, but for those that these options name.</summary>
    internal FineTuneDefaults Over(FineTuneDefaults numbers) => numbers with
    {
        Epochs = Epochs ?? numbers.Epochs,
        LearningRate = LearningRate ?? numbers.LearningRate,
        HeadLearningRateMultiplier = HeadLearningRateMultiplier ?? numbers.HeadLearningRateMultiplier,
        WarmupRatio = WarmupRatio ?? numbers.WarmupRatio,
        ValidationFraction = ValidationFraction ?? numbers.ValidationFraction,
    };

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        ArgumentNullException.ThrowIfNull(Dispersion);
        Dispersion.Validate();
        ArgumentNullException.ThrowIfNull(Schedule);
        Schedule.Validate();
        ArgumentNullException.ThrowIfNull(Optimizer);
        Optimizer.Validate();
        require.That(LayerLearningRateDecay is > 0 and <= 1, LayerLearningRateDecay, "above 0 and at most 1");
        require.AtLeast(FrozenLayers, 0);
        require.AtLeast(ValidationRows, 1, ", or null for a share of the rows");
        require.That(ValidationRows is null || ValidationFraction is null, ValidationRows, "null where ValidationFraction is set: hold rows out in one way");
        require.That(BestBy is null || !string.IsNullOrWhiteSpace(BestBy), "blank", "the name of a figure, or null for the loss", nameof(BestBy));
        Lora?.Validate();
        require.That(!HeadOnly || Lora is null, HeadOnly, "false where FineTuneOptions.Lora is set: choose one of them");
        require.That(!HeadOnly || Distillation is null, HeadOnly, "false where FineTuneOptions.Distillation is set, which is of use to the backbone");
        require.AtLeast(Epochs, 1, ", or null for as many as the rows ask for");
        require.AtLeast(MaxSteps, 1, ", or null for no limit");
        require.That(Epochs != NoEpochLimit || MaxSteps is not null, "null", "set where Epochs is NoEpochLimit", nameof(MaxSteps));
        require.AtLeast(MicroBatchSize, 1);
        require.AtLeast(GradientAccumulationSteps, 1);
        require.AtLeast(MaxSequenceLength, 2, ", or null for the backbone's context length");
        require.Positive(LearningRate ?? 1, nameof(LearningRate));
        require.Defined(Pooling ?? TextPooling.Mean, name: nameof(Pooling));
        require.That(LabelSmoothing is >= 0 and < 1, LabelSmoothing, "at least 0 and below 1");
        require.Positive(HeadLearningRateMultiplier ?? 1, nameof(HeadLearningRateMultiplier));
        require.That(WarmupRatio is null or (>= 0 and <= 1), WarmupRatio, "from 0 to 1");
        require.NotNegative(WeightDecay);
        require.That(Beta1 is >= 0 and < 1, Beta1, "at least 0 and below 1");
        require.That(Beta2 is >= 0 and < 1, Beta2, "at least 0 and below 1");
        require.Positive(AdamEpsilon);
        require.That(MaxGradNorm is null or > 0, MaxGradNorm, "above 0, or null for no clipping");
        require.That(Dropout is null or (>= 0 and < 1), Dropout, "at least 0 and below 1, or null for the checkpoint's own");
        require.NotNegative(NeftuneAlpha, " (0 adds no noise)");
        require.Within(ActiveForgetting);
        require.Within(Distillation);
        require.That(ValidationFraction is null or (>= 0 and <= 0.5), ValidationFraction, "from 0 to 0.5");
        require.AtLeast(EarlyStoppingPatience, 1, ", or null to never stop early");
        require.Defined(HeadStart);
        require.Defined(ClassWeights);
        require.Defined(Precision);
        require.Defined(ScoringPrecision);
        require.That(!string.IsNullOrWhiteSpace(Device), "empty", "auto, cpu, cuda or another device", nameof(Device));
        require.That(DataMemoryBytes >= 0, DataMemoryBytes, "at least 0");
        require.Within(Checkpoints);
        require.Within(Distributed);
        require.That(Distributed is null || !Dispersion.NeedsMoments, "set", "null where Dispersion follows the moments of all batches (Centering Running, or ScaleByDeviation), whose order several processes have not", nameof(Distributed));
        require.Within(GeometryProbe);
        require.That(Observers?.All(observer => observer is not null) ?? false, "null, or has one", "a list, empty for none", nameof(Observers));
    }
}
