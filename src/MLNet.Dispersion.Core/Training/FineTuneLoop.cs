using MLNet.Dispersion.Backbones;
using MLNet.Dispersion.Backbones.Shared;
using MLNet.Dispersion.Data;
using MLNet.Dispersion.Runtime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>The one training loop of all objectives: epochs, schedule, validation, early stopping, best weights, progress.</summary>
internal sealed class FineTuneLoop : IDisposable
{
    private const int PreparedSteps = 2;
    private readonly CausalLMBackbone _backbone;
    private readonly FineTuneOptions _options;
    private readonly TrainingRows _train;
    private readonly BatchPlanner _planner;
    private readonly Validator? _validator;
    private readonly DecoupledAdamW _optimizer;
    private readonly WeightSnapshot _best;
    private readonly TrainingGenerators _generators;
    private readonly Generator _dropout;
    private readonly TrainingStep _step;
    private readonly EmbeddingNoise? _noise;
    private readonly ActiveForgetting? _forgetting;
    private readonly LearningRateSchedule _schedule;
    private readonly GeometryTracker _geometry;
    private readonly TrainingClock _clock = new();
    private readonly List<TrainingProgress> _history = [];
    private readonly int _padId;
    private int? _bestEpoch;
    private double _bestLoss = double.PositiveInfinity;

    private FineTuneLoop(CausalLMBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
    {
        _backbone = backbone;
        _options = options;
        _padId = backbone.Info.PadTokenId ?? backbone.Info.EosTokenId ?? 0;
        int seed = options.Seed ?? 0;
        var (train, validation) = ValidationSplit.Split(rows, options.ValidationFraction, seed);
        _train = rows.Subset(train);
        _planner = new BatchPlanner([.. _train.Sequences.Select(sequence => sequence.Length)], options.MicroBatchSize);
        _optimizer = ParameterGroups.CreateOptimizer(backbone, objective.HeadParameters, options);
        _validator = validation.Length > 0 ? new Validator(backbone, objective.ForValidation, rows.Subset(validation), options.MicroBatchSize, _padId, device) : null;
        _best = new WeightSnapshot(_optimizer.Parameters);
        _generators = new TrainingGenerators(seed);
        _dropout = _generators.Add("dropout", SeedStream.Dropout, device);
        Generator subsampling = _generators.Add("token_subsampling", SeedStream.TokenSubsampling, CPU);
        _step = new TrainingStep(backbone, objective, _optimizer, options.Dispersion, options.MaxGradNorm, subsampling, device);
        _schedule = CreateSchedule();
        _noise = options.NeftuneAlpha > 0 ? new EmbeddingNoise(options.NeftuneAlpha, _generators.Add("embedding_noise", SeedStream.EmbeddingNoise, device)) : null;
        _forgetting = ActiveForgetting.Create(backbone, _optimizer, options, _schedule.TotalSteps);
        _geometry = new GeometryTracker(backbone, probeTexts ?? rows.Sequences, options.GeometryProbe, options.CancellationToken);
    }

    private int StepsPerEpoch => (_planner.BatchCount + _options.GradientAccumulationSteps - 1) / _options.GradientAccumulationSteps;

    /// <summary>Trains the backbone and the objective's head in place; leaves the backbone in evaluation mode.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="probeTexts">The texts whose geometry is followed; null to choose from the rows.</param>
    internal static FineTuneResult Run(CausalLMBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
    {
        CheckSupport(backbone, objective, options);
        HostAllocator.KeepFreedMemory();
        ScalarType computeType = backbone.ComputeType;
        double? dropout = backbone.DropoutProbability;
        bool checkpointing = backbone.ActivationCheckpointing;
        using var loop = new FineTuneLoop(backbone, objective, rows, options, device, probeTexts);
        try
        {
            backbone.ComputeType = PrecisionResolver.ComputeType(options.Precision, device);
            backbone.ActivationCheckpointing = options.ActivationCheckpointing;
            backbone.DropoutProbability = options.Dropout ?? dropout;
            backbone.DropoutGenerator = loop._dropout;
            backbone.Context.EmbeddingNoise = loop._noise;
            backbone.train();
            return loop.Run();
        }
        finally
        {
            backbone.eval();
            backbone.DropoutGenerator = null;
            backbone.Context.EmbeddingNoise = null;
            backbone.DropoutProbability = dropout;
            backbone.ActivationCheckpointing = checkpointing;
            backbone.ComputeType = computeType;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _best.Dispose();
        _generators.Dispose();
    }

    private static void CheckSupport(CausalLMBackbone backbone, TrainingObjective objective, FineTuneOptions options)
    {
        if (objective is not DistillationObjective)
        {
            TeacherCheck.Refuse(options, "this task");
        }

        if (options.NeftuneAlpha > 0 && backbone.TokenEmbeddingWeight is null)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"FineTuneOptions.NeftuneAlpha is {options.NeftuneAlpha}, but a backbone of type {backbone.Info.ModelType} adds no noise to its token embeddings: only the built-in architectures do. Set it to 0."), nameof(options));
        }
    }

    private LearningRateSchedule CreateSchedule()
    {
        long planned = (long)_options.Epochs * StepsPerEpoch;
        int total = (int)Math.Min(planned, _options.MaxSteps ?? int.MaxValue);
        double peak = _options.LearningRate ?? LearningRateDefault.For(_optimizer.Parameters.Sum(parameter => parameter.numel()));
        return new LearningRateSchedule(peak, total, _options.WarmupRatio);
    }

    private FineTuneResult Run()
    {
        _geometry.Measure(0);
        int epochsWithoutGain = 0;
        for (int epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            foreach (IReadOnlyList<TaskBatch> microBatches in Prefetch.Ahead(PlanEpoch(epoch), PreparedSteps))
            {
                if (!RunStep(microBatches, epoch))
                {
                    return StopDiverged();
                }

                if (_history.Count == _schedule.TotalSteps)
                {
                    break;
                }
            }

            epochsWithoutGain = _bestEpoch == epoch || !StepCounts(_history.Count) ? 0 : epochsWithoutGain + 1;
            bool last = _history.Count == _schedule.TotalSteps;
            if (!last && _validator is not null && epochsWithoutGain >= _options.EarlyStoppingPatience)
            {
                return Finish(FineTuneStopReason.EarlyStopped);
            }

            if (last)
            {
                bool cutShort = _schedule.TotalSteps < (long)_options.Epochs * StepsPerEpoch;
                return Finish(cutShort ? FineTuneStopReason.MaxSteps : FineTuneStopReason.Completed);
            }
        }

        return Finish(FineTuneStopReason.Completed);
    }

    private IEnumerable<IReadOnlyList<TaskBatch>> PlanEpoch(int epoch)
    {
        int seed = unchecked((int)SeedStream.Derive(_options.Seed ?? 0, SeedStream.Shuffle));
        foreach (int[][] group in _planner.Epoch(seed, epoch).Chunk(_options.GradientAccumulationSteps))
        {
            yield return [.. group.Select(rows => _train.Batch(rows, _padId))];
        }
    }

    private bool RunStep(IReadOnlyList<TaskBatch> microBatches, int epoch)
    {
        _forgetting?.BeforeStep(_history.Count);
        double learningRate = _schedule.At(_history.Count);
        long tokens = microBatches.Sum(batch => batch.Tokens.TokenCount);
        var figures = _clock.Measure(tokens, () => _step.Run(microBatches, learningRate, _options.CancellationToken));
        if (!figures.Finite)
        {
            return false;
        }

        int step = _history.Count + 1;
        bool epochEnds = step % StepsPerEpoch == 0 || step == _schedule.TotalSteps;
        var validation = epochEnds ? Validate(epoch) : null;
        var progress = new TrainingProgress(
            step,
            _schedule.TotalSteps,
            epoch,
            figures.TaskLoss,
            figures.Dispersion,
            learningRate,
            figures.GradientNorm,
            _clock.TokensPerSecond,
            _clock.Elapsed,
            _clock.Remaining(step, _schedule.TotalSteps),
            validation?.Loss,
            validation?.Accuracy)
        {
            Distillation = figures.Distillation,
            HiddenStateDistillation = figures.HiddenStateDistillation,
        };
        _history.Add(progress);
        if (step < _schedule.TotalSteps)
        {
            // The weights that are kept are measured at the end.
            _geometry.AfterStep(step);
        }

        _options.Progress?.Report(progress);
        return true;
    }

    private ValidationFigures? Validate(int epoch)
    {
        if (_validator?.Measure(_options.CancellationToken) is not { } figures)
        {
            return null;
        }

        if (figures.Loss < _bestLoss && StepCounts(_history.Count + 1))
        {
            _bestLoss = figures.Loss;
            _bestEpoch = epoch;
            _best.Take();
        }

        return figures;
    }

    /// <summary>Whether weights of after this step may be kept: not while their embeddings are still to be forgotten.</summary>
    private bool StepCounts(int step) => step > (_forgetting?.LastReset ?? 0);

    private FineTuneResult StopDiverged()
    {
        string message = Divergence.Describe(_history, _schedule, _backbone.ComputeType, _options);
        if (!_best.Taken)
        {
            throw new TrainingDivergedException(_history.Count + 1, message);
        }

        return Finish(FineTuneStopReason.Diverged, $"{message} The weights of epoch {_bestEpoch} were kept.");
    }

    private FineTuneResult Finish(FineTuneStopReason reason, string? warning = null)
    {
        _best.Restore();
        _geometry.Measure(_history.Count);
        return new FineTuneResult(
            reason,
            _history.Count,
            _clock.Tokens,
            _clock.Elapsed,
            _bestEpoch,
            _bestEpoch is null ? null : _bestLoss,
            _schedule.Peak,
            _backbone.ComputeType == ScalarType.BFloat16 ? Precision.BFloat16Mixed : Precision.Float32,
            warning,
            _history,
            _geometry.History);
    }
}
