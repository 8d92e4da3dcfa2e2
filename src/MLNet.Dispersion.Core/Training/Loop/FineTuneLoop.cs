using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The one training loop of all objectives: epochs, schedule, validation, early stopping, best weights, progress.</summary>
internal sealed class FineTuneLoop : IDisposable
{
    private const int PreparedSteps = 2;
    private readonly LanguageBackbone _backbone;
    private readonly FineTuneOptions _options;
    private readonly TrainingRows _rows;
    private readonly int[] _train;
    private readonly BatchPlanner _planner;
    private readonly Validator? _validator;
    private readonly DecoupledAdamW _optimizer;
    private readonly RunState _run;
    private readonly Generator _dropout;
    private readonly TrainingStep _step;
    private readonly EmbeddingNoise? _noise;
    private readonly ActiveForgetting? _forgetting;
    private readonly LearningRateSchedule _schedule;
    private readonly int _padId;
    private RunCheckpoints? _checkpoints;

    private FineTuneLoop(LanguageBackbone backbone, TrainingObjective objective, TrainedParameters trained, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
    {
        _backbone = backbone;
        _options = options;
        _padId = backbone.Info.PadTokenId ?? backbone.Info.EosTokenId ?? 0;
        int seed = options.Seed ?? 0;
        _rows = rows;
        (_train, int[] validation) = ValidationSplit.Split(rows.Count, objective.Group, options.ValidationFraction, seed);
        _planner = new BatchPlanner([.. _train.Select(row => rows.Sequences[row].Length)], options.MicroBatchSize);
        _optimizer = ParameterGroups.CreateOptimizer(trained.Backbone, trained.Head, options);
        _validator = validation.Length > 0 ? new Validator(backbone, objective.ForValidation, rows, validation, options.MicroBatchSize, _padId, device) : null;
        var geometry = new GeometryTracker(backbone, probeTexts ?? rows.Sequences, options.GeometryProbe, options.CancellationToken);
        var generators = new TrainingGenerators(seed);
        _run = new RunState(_optimizer, new WeightSnapshot(_optimizer.Parameters), generators, geometry);
        _dropout = generators.Add("dropout", SeedStream.Dropout, device);
        Generator subsampling = generators.Add("token_subsampling", SeedStream.TokenSubsampling, CPU);
        _step = new TrainingStep(backbone, objective, _optimizer, options.Dispersion, options.MaxGradNorm, subsampling, device);
        _schedule = CreateSchedule();
        _noise = options.NeftuneAlpha > 0 ? new EmbeddingNoise(options.NeftuneAlpha, generators.Add("embedding_noise", SeedStream.EmbeddingNoise, device)) : null;
        _forgetting = ActiveForgetting.Create(backbone, _optimizer, options, _schedule.TotalSteps);
    }

    private int StepsPerEpoch => (_planner.BatchCount + _options.GradientAccumulationSteps - 1) / _options.GradientAccumulationSteps;

    /// <summary>The epoch of the next step, from 1.</summary>
    private int Epoch => (_run.Step / StepsPerEpoch) + 1;

    /// <summary>Trains the backbone and the objective's head in place; leaves the backbone in evaluation mode.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="probeTexts">The texts whose geometry is followed; null to choose from the rows.</param>
    internal static FineTuneResult Run(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
    {
        CheckSupport(backbone, objective, rows, options);
        HostAllocator.KeepFreedMemory();
        ScalarType computeType = backbone.ComputeType;
        double? dropout = backbone.DropoutProbability;
        bool checkpointing = backbone.ActivationCheckpointing;
        using TrainedParameters trained = TrainedParameters.Choose(backbone, objective.HeadParameters, options);
        using var loop = new FineTuneLoop(backbone, objective, trained, rows, options, device, probeTexts);
        try
        {
            backbone.ComputeType = PrecisionResolver.ComputeType(options.Precision, device);
            backbone.ActivationCheckpointing = options.ActivationCheckpointing;
            backbone.DropoutProbability = options.Dropout ?? dropout;
            backbone.DropoutGenerator = loop._dropout;
            backbone.Context.EmbeddingNoise = loop._noise;
            backbone.train();
            if (options.Checkpoints is { } checkpoints)
            {
                loop._checkpoints = new RunCheckpoints(checkpoints, RunFingerprint.Of(backbone, objective, loop._optimizer, rows, options), loop._run, loop._schedule.TotalSteps, options.Seed ?? 0);
            }

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
        _checkpoints?.Dispose();
        _run.Dispose();
    }

    private static void CheckSupport(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options)
    {
        objective.CheckOptions(options);
        if (objective.TargetRows is { } targets && targets != rows.Count)
        {
            throw new ArgumentException($"There are {rows.Count} training rows, but the objective '{objective.Name}' has the targets of {targets}.", nameof(objective));
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
        if (_checkpoints?.Resume() is { } finished)
        {
            return finished;
        }

        if (_run.Step == 0)
        {
            _run.Geometry.Measure(0);
        }

        // A checkpoint is never that of a run's last step, so there is one to do.
        while (true)
        {
            foreach (IReadOnlyList<TaskBatch> microBatches in Prefetch.Ahead(PlanEpoch(Epoch, _run.Step % StepsPerEpoch), PreparedSteps))
            {
                if (!TryStep(microBatches))
                {
                    return StopDiverged();
                }

                if (WhyStop() is { } reason)
                {
                    return Finish(reason);
                }
            }
        }
    }

    /// <summary>The batches of an epoch, step by step, from another thread.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="done">Its steps that were done already: however many batches were prepared ahead, only steps count.</param>
    private IEnumerable<IReadOnlyList<TaskBatch>> PlanEpoch(int epoch, int done)
    {
        int seed = unchecked((int)SeedStream.Derive(_options.Seed ?? 0, SeedStream.Shuffle));
        foreach (int[][] group in _planner.Epoch(seed, epoch).Chunk(_options.GradientAccumulationSteps).Skip(done))
        {
            yield return [.. group.Select(batch => _rows.Batch([.. batch.Select(index => _train[index])], _padId))];
        }
    }

    /// <summary>Does a step and what is due after it; false, with the weights as they were, when it diverged.</summary>
    private bool TryStep(IReadOnlyList<TaskBatch> microBatches)
    {
        _forgetting?.BeforeStep(_run.Step);
        double learningRate = _schedule.At(_run.Step);
        long tokens = microBatches.Sum(batch => batch.Tokens.TokenCount);
        var figures = _run.Clock.Measure(tokens, () => _step.Run(microBatches, learningRate, _options.CancellationToken));
        if (!figures.Finite)
        {
            return false;
        }

        int step = _run.Step + 1;
        int epoch = Epoch;
        bool epochEnds = step % StepsPerEpoch == 0 || step == _schedule.TotalSteps;
        var validation = epochEnds ? _validator?.Measure(_options.CancellationToken) : null;
        if (epochEnds)
        {
            _run.EndEpoch(epoch, validation, StepCounts(step));
        }

        AfterStep(Progress(step, epoch, figures, learningRate, validation));
        return true;
    }

    private TrainingProgress Progress(int step, int epoch, StepFigures figures, double learningRate, ValidationFigures? validation) => new()
    {
        Step = step,
        TotalSteps = _schedule.TotalSteps,
        Epoch = epoch,
        TaskLoss = figures.TaskLoss,
        Dispersion = figures.Dispersion,
        LearningRate = learningRate,
        GradientNorm = figures.GradientNorm,
        TokensPerSecond = _run.Clock.TokensPerSecond,
        Elapsed = _run.Clock.Elapsed,
        Remaining = _run.Clock.Remaining(step, _schedule.TotalSteps),
        ValidationLoss = validation?.Loss,
        Figures = figures.Named,
        ValidationFigures = validation?.Figures ?? TrainingProgress.NoFigures,
        ResumedFromStep = _run.ResumedFromStep,
    };

    private void AfterStep(TrainingProgress progress)
    {
        _run.History.Add(progress);
        if (progress.Step < _schedule.TotalSteps)
        {
            // The weights that are kept are measured at the end.
            _run.Geometry.AfterStep(progress.Step);
        }

        if (WhyStop() is null)
        {
            _checkpoints?.AfterStep();
        }

        _options.Progress?.Report(progress);
    }

    /// <summary>Why training ends with the steps done so far; null when it goes on.</summary>
    private FineTuneStopReason? WhyStop()
    {
        if (_run.Step == _schedule.TotalSteps)
        {
            bool cutShort = _schedule.TotalSteps < (long)_options.Epochs * StepsPerEpoch;
            return cutShort ? FineTuneStopReason.MaxSteps : FineTuneStopReason.Completed;
        }

        bool epochEnded = _run.Step % StepsPerEpoch == 0;
        return epochEnded && _validator is not null && _run.EpochsWithoutGain >= _options.EarlyStoppingPatience ? FineTuneStopReason.EarlyStopped : null;
    }

    /// <summary>Whether weights of after this step may be kept: not while their embeddings are still to be forgotten.</summary>
    private bool StepCounts(int step) => step > (_forgetting?.LastReset ?? 0);

    private FineTuneResult StopDiverged()
    {
        string message = Divergence.Describe(_run.History, _schedule, _backbone.ComputeType, _options);
        if (!_run.Best.Taken)
        {
            throw new TrainingDivergedException(_run.Step + 1, message);
        }

        return Finish(FineTuneStopReason.Diverged, $"{message} The weights of epoch {_run.BestEpoch} were kept.");
    }

    private FineTuneResult Finish(FineTuneStopReason reason, string? warning = null)
    {
        _run.Best.Restore();
        _run.Geometry.Measure(_run.Step);
        var result = new FineTuneResult(
            reason,
            _run.Step,
            _run.Clock.Tokens,
            _run.Clock.Elapsed,
            _run.BestEpoch,
            _run.BestEpoch is null ? null : _run.BestLoss,
            _schedule.Peak,
            _backbone.ComputeType == ScalarType.BFloat16 ? Precision.BFloat16Mixed : Precision.Float32,
            warning,
            _run.History,
            _run.Geometry.History)
        {
            ResumedFromStep = _run.ResumedFromStep,
        };
        _checkpoints?.Finish(result);
        return result;
    }
}
