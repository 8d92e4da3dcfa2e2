using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The one training loop of all objectives: epochs, schedule, validation, early stopping, best weights, progress.</summary>
/// <remarks>
/// <para>The way of a training row to a loss, in the order in which it goes:</para>
/// <para>
/// 1. A task (<c>TextClassifier.Train</c>, <c>LanguageModelTrainer.Train</c>) makes token sequences of texts (<see cref="TextEncoder"/>), keeps them as
/// <see cref="TrainingRows"/>, and gives the rows' targets to a <see cref="TrainingObjective"/>. <see cref="Run(LanguageBackbone, TrainingObjective, TrainingRows, FineTuneOptions, Device)"/> gets both.
/// </para>
/// <para>2. <see cref="ValidationSplit"/> holds some rows out; <see cref="BatchPlanner"/> says which of the others go together in each epoch.</para>
/// <para>3. <see cref="PlanEpoch"/> pads them (<see cref="TokenBatch"/>) into micro-batches (<see cref="TaskBatch"/>), on another thread, a little ahead.</para>
/// <para>
/// 4. <see cref="TrainingStep"/> sends each through the backbone (<see cref="ForwardPass"/>), asks the objective for the task's loss (<see cref="TrainingObjective.Compute"/>),
/// adds the dispersion of the hidden states (<see cref="DispersionRegularizer"/>), runs backward, and lets <see cref="TrainingOptimizer"/> step.
/// </para>
/// <para>5. At the end of an epoch <see cref="Validator"/> measures the held-out rows; <see cref="RunState"/> keeps the best weights.</para>
/// <para>6. Observers are told (<see cref="ITrainingObserver"/>), a checkpoint is saved where one is due (<see cref="RunCheckpoints"/>), and progress is reported.</para>
/// </remarks>
internal sealed class FineTuneLoop : IDisposable
{
    private const int PreparedSteps = 2;
    private readonly LanguageBackbone _backbone;
    private readonly FineTuneOptions _options;
    private readonly FineTuneDefaults _numbers;
    private readonly TrainingRows _rows;
    private readonly int[] _train;
    private readonly int[] _heldOut;
    private readonly BatchPlanner _planner;
    private readonly Validator? _validator;
    private readonly TrainingOptimizer _optimizer;
    private readonly RunState _run;
    private readonly Generator _dropout;
    private readonly TrainingStep _step;
    private readonly EmbeddingNoise? _noise;
    private readonly TrainingRun _told;
    private readonly ActiveForgetting? _forgetting;
    private readonly LearningRateSchedule _schedule;
    private readonly int _padId;
    private readonly RankGroup? _ranks;
    private readonly int _microBatches;
    private RunCheckpoints? _checkpoints;

    private FineTuneLoop(
        LanguageBackbone backbone, TrainingObjective objective, TrainedParameters trained, TrainingRows rows, FineTuneOptions options, FineTuneDefaults numbers, Device device, RankGroup? ranks, int microBatches)
    {
        _ranks = ranks;
        _microBatches = microBatches;
        _backbone = backbone;
        _options = options;
        _numbers = numbers;
        _padId = backbone.Info.PadTokenId ?? backbone.Info.EosTokenId ?? 0;
        int seed = options.Seed ?? 0;
        _rows = rows;
        (_train, _heldOut) = options.ValidationRows is { } last
            ? ValidationSplit.Last(rows, last)
            : ValidationSplit.Split(rows, objective.Group, numbers.ValidationFraction, seed);
        if (options.BestBy is { } figure && _heldOut.Length == 0)
        {
            throw new ArgumentException($"The best weights are to be chosen by '{figure}', and none of the {rows.Count} rows are held out to measure it on: set FineTuneOptions.ValidationFraction or ValidationRows, or give a validation set.", nameof(options));
        }

        _planner = new BatchPlanner([.. _train.Select(rows.Length)], options.MicroBatchSize);
        _optimizer = ParameterGroups.CreateOptimizer(trained.Backbone, trained.Head, options, numbers.HeadLearningRateMultiplier, backbone);
        _validator = _heldOut.Length > 0 ? new Validator(backbone, objective.ForValidation, rows, _heldOut, options.MicroBatchSize, _padId, device, ranks) : null;
        var generators = new TrainingGenerators(seed);
        var moments = new RunningMoments(options.Dispersion, backbone, device);
        _run = new RunState(_optimizer, new WeightSnapshot(_optimizer.Parameters), generators, moments, options.Observers);
        _dropout = generators.Add("dropout", SeedStream.Dropout, device);
        Generator subsampling = generators.Add("token_subsampling", SeedStream.TokenSubsampling, CPU);
        _step = new TrainingStep(backbone, objective, _optimizer, options.Dispersion, options.MaxGradNorm, subsampling, device, moments, ranks);
        _schedule = CreateSchedule();
        _noise = options.NeftuneAlpha > 0 ? new EmbeddingNoise(options.NeftuneAlpha, generators.Add("embedding_noise", SeedStream.EmbeddingNoise, device), options.NeftuneCountsPads) : null;
        _forgetting = ActiveForgetting.Create(backbone, _optimizer, options, _schedule);
        _told = new TrainingRun(backbone, rows.Sequences, _schedule.TotalSteps, () => _run.Step, options.CancellationToken) { Numbers = numbers, RowCount = rows.Count, TruncatedTexts = rows.Truncated, Rank = ranks?.Rank ?? 0, Advice = OneTokenHead.Advice(options) };
    }

    private int StepsPerEpoch => (_planner.BatchCount + _microBatches - 1) / _microBatches;

    /// <summary>The epoch of the next step, from 1.</summary>
    private int Epoch => (_run.Step / StepsPerEpoch) + 1;

    /// <summary>Trains the backbone and the objective's head in place; leaves the backbone in evaluation mode.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="device">Where the backbone is.</param>
    internal static FineTuneResult Run(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device)
    {
        CheckSupport(backbone, objective, rows, options);
        using var ranks = RankGroup.Join(options.Distributed);
        return Run(backbone, objective, rows, options, device, ranks);
    }

    /// <summary>Trains together with other ranks, each of which makes this call.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="ranks">The ranks; null for this process alone.</param>
    /// <exception cref="DistributedTrainingException">A rank was lost.</exception>
    internal static FineTuneResult Run(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, RankGroup? ranks)
    {
        try
        {
            FineTuneResult result = RunOwn(backbone, objective, rows, options, device, ranks);
            ranks?.Meet();
            return result;
        }
        catch (DistributedTrainingException e)
        {
            string cure = options.Checkpoints is not { } checkpoints ? "There is no checkpoint to go on from: FineTuneOptions.Checkpoints is null."
                : CheckpointFolder.All(checkpoints.Directory) is [.., var newest] ? $"The same call, with as many ranks as there are, goes on from '{newest.Path}'."
                : $"No checkpoint was saved in '{checkpoints.Directory}' yet: the same call begins anew.";
            throw new DistributedTrainingException(e.Rank, $"{e.Message} {cure}", e);
        }
        catch (Exception e) when (ranks is not null && e is not TrainingDivergedException)
        {
            // What diverges does so on all ranks.
            ranks.Fail(e);
            throw;
        }
    }

    private static FineTuneResult RunOwn(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, RankGroup? ranks)
    {
        using var inside = ExitGate.Enter();
        int microBatches = MicroBatchesPerStep(options, ranks);
        HostAllocator.KeepFreedMemory();
        using TrainedParameters trained = TrainedParameters.Choose(backbone, objective.HeadParameters, options);
        FineTuneDefaults numbers = options.Over(DefaultsOf(backbone, trained, objective, rows.Count - (options.ValidationRows ?? 0), options));
        using var loop = new FineTuneLoop(backbone, objective, trained, rows, options, numbers, device, ranks, microBatches);
        using var mode = new TrainingMode(backbone, options, device, loop._dropout, loop._noise);
        if (options.Checkpoints is not null || ranks is not null)
        {
            var fingerprint = RunFingerprint.Of(backbone, objective, loop._optimizer, rows, options, numbers, ranks is null ? null : microBatches);
            ranks?.RequireSameRun(fingerprint);
            loop._checkpoints = options.Checkpoints is { } checkpoints ? new RunCheckpoints(checkpoints, fingerprint, loop._run, loop._schedule.TotalSteps, options.Seed ?? 0, ranks) : null;
        }

        return loop.Run() with { HeldOutRows = rows.Examples is { } examples ? [.. loop._heldOut.Select(row => examples[row]).Distinct()] : loop._heldOut };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _checkpoints?.Dispose();
        _run.Dispose();
    }

    /// <summary>The micro-batches of a step, those of all ranks together: as many as the run began with.</summary>
    /// <exception cref="ArgumentException">They are fewer than the ranks.</exception>
    private static int MicroBatchesPerStep(FineTuneOptions options, RankGroup? ranks)
    {
        if (ranks is null)
        {
            return options.GradientAccumulationSteps;
        }

        int began = ranks.FromFirst(ranks.IsFirst ? RunFingerprint.SavedMicroBatches(options.Checkpoints) ?? 0 : 0);
        int microBatches = began > 0 ? began : checked(options.GradientAccumulationSteps * ranks.Count);
        return microBatches >= ranks.Count
            ? microBatches
            : throw new ArgumentException(FormattableString.Invariant($"There are {ranks.Count} ranks, but the run to go on with has {microBatches} micro-batches a step, which can be shared by as many ranks at most. Start {microBatches} ranks or fewer, or begin anew (CheckpointOptions.Resume)."), nameof(options));
    }

    private static void CheckSupport(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options)
    {
        objective.CheckOptions(options);
        if (objective.TargetRows is { } targets && targets != rows.Count)
        {
            throw new ArgumentException($"There are {rows.Count} training rows, but the objective '{objective.Name}' has the targets of {targets}.", nameof(objective));
        }

        if (options.ValidationRows >= rows.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"FineTuneOptions.ValidationRows is {options.ValidationRows}, and there are {rows.Count} rows in all, so that none is left to train on."), nameof(options));
        }

        if (options.NeftuneAlpha > 0 && backbone.TokenEmbeddingWeight is null)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"FineTuneOptions.NeftuneAlpha is {options.NeftuneAlpha}, but a backbone of type {backbone.Info.ModelType} adds no noise to its token embeddings: only the built-in architectures do. Set it to 0."), nameof(options));
        }
    }

    private static FineTuneDefaults DefaultsOf(LanguageBackbone backbone, TrainedParameters trained, TrainingObjective objective, int rows, FineTuneOptions options)
    {
        if (trained.Head.Count == 0 && objective.TargetRows is null)
        {
            return FineTuneDefaults.ForLanguageModel(Trained());
        }

        // The narrowest of the head's layers is the one that gives its outputs.
        int outputs = trained.Head.Count == 0 ? 1 : (int)Math.Max(1, trained.Head.Min(parameter => parameter.shape is [var first, ..] ? first : 1));
        return options switch
        {
            { HeadOnly: true } => FineTuneDefaults.ForHeadAlone(rows, outputs),
            { Lora: not null } => FineTuneDefaults.ForAdapter(rows, WithHead(backbone.parameters()), outputs),
            _ => FineTuneDefaults.ForHead(rows, Trained(), outputs),
        };

        long Trained() => WithHead(trained.Backbone.Select(pair => pair.Parameter));
        long WithHead(IEnumerable<TorchSharp.Modules.Parameter> weights) => Math.Max(1, weights.Concat(trained.Head).Sum(parameter => parameter.numel()));
    }

    private LearningRateSchedule CreateSchedule()
    {
        long planned = (long)_numbers.Epochs * StepsPerEpoch;
        int total = (int)Math.Min(planned, _options.MaxSteps ?? int.MaxValue);
        return new LearningRateSchedule(_numbers.LearningRate, total, _numbers.WarmupRatio, _options.Schedule);
    }

    private FineTuneResult Run()
    {
        if (_checkpoints?.Resume() is { } finished)
        {
            return finished with { Numbers = _numbers };
        }

        Tell(observer => observer.RunStarted(_told));

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
        int seed = SeedStream.Number(_options.Seed ?? 0, SeedStream.Shuffle);
        foreach (int[][] group in _planner.Epoch(seed, epoch).Chunk(_microBatches).Skip(done))
        {
            yield return [.. (_ranks?.Share(group) ?? group).Select(batch => _rows.Batch([.. batch.Select(index => _train[index])], _padId))];
        }
    }

    /// <summary>Does a step and what is due after it; false, with the weights as they were, when it diverged.</summary>
    private bool TryStep(IReadOnlyList<TaskBatch> microBatches)
    {
        _forgetting?.BeforeStep(_run.Step);
        double learningRate = _schedule.At(_run.Step);
        var figures = _run.Clock.Measure(() => _step.Run(microBatches, learningRate, _options.CancellationToken, _ranks is null ? null : Begin), step => step.Tokens);
        if (!figures.Finite)
        {
            return false;
        }

        int step = _run.Step + 1;
        int epoch = Epoch;
        bool epochEnds = step % StepsPerEpoch == 0 || step == _schedule.TotalSteps;
        ValidationFigures? validation = epochEnds ? Measure() : null;
        if (epochEnds)
        {
            _run.EndEpoch(epoch, validation?.Loss, Score(validation), StepCounts(step));
        }

        AfterStep(Progress(step, epoch, figures, learningRate, validation), epochEnds);
        return true;
    }

    /// <summary>The figures of the held-out rows, with those that observers have of their own; null where none are held out.</summary>
    private ValidationFigures? Measure()
    {
        if (_validator?.Measure(_options.CancellationToken) is not { } held)
        {
            return null;
        }

        using var evaluation = new EvaluationMode(_backbone);
        using var noGradient = no_grad();
        var figures = new Dictionary<string, double>(held.Figures);
        foreach (var (name, value) in _run.Observers.SelectMany(observer => observer.Figures(_told)))
        {
            figures[name] = value;
        }

        return held with { Figures = figures };
    }

    /// <summary>Draws for a micro-batch what it would get on any rank.</summary>
    private void Begin(int own) => _run.Generators.GoTo(_run.Step, _ranks!.PlaceOf(own));

    /// <summary>What an epoch is chosen by, the lower the better.</summary>
    private double? Score(ValidationFigures? held) => held is null || _options.BestBy is not { } name ? held?.Loss
        : held.Figures.TryGetValue(name, out double figure) ? -figure
        : throw new ArgumentException($"FineTuneOptions.BestBy is '{name}', which this task does not report of held-out rows: it reports {(held.Figures.Count == 0 ? "its loss alone" : string.Join(", ", held.Figures.Keys))}. Name one of those, or set it to null for the loss.");

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

    private void AfterStep(TrainingProgress progress, bool epochEnds)
    {
        _run.History.Add(progress);
        Tell(observer => observer.StepDone(_told, progress));
        if (epochEnds)
        {
            Tell(observer => observer.EpochDone(_told, progress));
            _ranks?.RequireSameWeights(_optimizer.Parameters);
        }

        if (WhyStop() is null)
        {
            _checkpoints?.AfterStep();
        }

        if (_ranks is null or { IsFirst: true })
        {
            using var outside = ExitGate.Leave();
            _options.Progress?.Report(progress);
        }
    }

    private void Tell(Action<ITrainingObserver> what)
    {
        using var outside = ExitGate.Leave();
        foreach (ITrainingObserver observer in _run.Observers)
        {
            what(observer);
        }
    }

    /// <summary>Why training ends with the steps done so far; null when it goes on.</summary>
    private FineTuneStopReason? WhyStop()
    {
        if (_run.Step == _schedule.TotalSteps)
        {
            bool cutShort = _schedule.TotalSteps < (long)_numbers.Epochs * StepsPerEpoch;
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

    /// <summary>What is said of a run that changed nothing, because its one step belongs to the warm-up, which begins at rate 0; null for any other.</summary>
    private static string? StandstillWarning(List<TrainingProgress> history) => history.Count > 0 && history.All(step => step.LearningRate == 0)
        ? FormattableString.Invariant($"The learning rate was 0 in every step ({history.Count} in all), so nothing was learned: warm-up begins at rate 0. Train for more steps (more rows or epochs, smaller batches), or set FineTuneOptions.WarmupRatio to 0.")
        : null;

    private FineTuneResult Finish(FineTuneStopReason reason, string? warning = null)
    {
        _run.Best.Restore();
        Tell(observer => observer.RunEnded(_told));
        var result = new FineTuneResult
        {
            StopReason = reason,
            Steps = _run.Step,
            TrainedTokens = _run.Clock.Tokens,
            Elapsed = _run.Clock.Elapsed,
            BestEpoch = _run.BestEpoch,
            BestValidationLoss = _run.BestEpoch is null ? null : _run.BestLoss,
            LearningRate = _schedule.Peak,
            Numbers = _numbers,
            ComputeType = _backbone.ComputeType == ScalarType.BFloat16 ? Precision.BFloat16Mixed : Precision.Float32,
            Warning = warning ?? StandstillWarning(_run.History),
            DequantizedFrom = _backbone.QuantizedTypes,
            History = _run.History,
            ResumedFromStep = _run.ResumedFromStep,
        };
        _checkpoints?.Finish(result);
        return result;
    }
}

/// <summary>Says what most likely made a loss NaN or infinite.</summary>
internal static class Divergence
{
    internal static string Describe(IReadOnlyList<TrainingProgress> history, LearningRateSchedule schedule, ScalarType computeType, FineTuneOptions options)
    {
        int step = history.Count + 1;
        string before = history.Count == 0
            ? "It was so from the first step: look at the checkpoint's weights for NaN or infinite values."
            : $"The step before had loss {history[^1].TaskLoss:G4} and gradient norm {history[^1].GradientNorm:G4}.";
        return $"Step {step} of {schedule.TotalSteps}: the loss or its gradient became NaN or infinite. {before} {Cause(schedule, computeType, options)}";
    }

    private static string Cause(LearningRateSchedule schedule, ScalarType computeType, FineTuneOptions options)
    {
        if (options.MaxGradNorm is null)
        {
            return "Likely cause: gradients are not clipped. Set MaxGradNorm to 1.";
        }

        if (computeType != ScalarType.Float32)
        {
            return $"Likely cause: learning rate {schedule.Peak:G3} is too high, or bfloat16 too coarse for these weights. Try a tenth of the rate, or Precision.Float32.";
        }

        return $"Likely cause: learning rate {schedule.Peak:G3} is too high for this backbone. Try a tenth of it.";
    }
}
