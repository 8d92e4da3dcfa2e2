using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Trains a pipeline with the dispersion loss and without it, from the same seeds, and judges.</summary>
internal sealed class Comparison
{
    private const string StudyName = "comparison", PlanParameter = "plan", SeedParameter = "seed", FoldParameter = "fold", ArmParameter = "arm", With = "with", Without = "without", GeometryPrefix = "Comparison";

    /// <summary>So many seeds may be added later.</summary>
    private const int MostSeeds = 10_000;

    private const int LeastRows = 20;
    private readonly MLContext _ml;
    private readonly DispersionPipeline _pipeline;
    private readonly IReadOnlyList<(IDataView Train, IDataView Test)> _folds;
    private readonly ComparisonOptions _options;
    private readonly int _asked;

    /// <exception cref="ArgumentException">The pipeline has no fine-tuning, or one that cannot be compared; or there are too few rows.</exception>
    internal Comparison(MLContext ml, IEstimator<ITransformer> pipeline, IReadOnlyList<(IDataView Train, IDataView Test)> folds, ComparisonOptions options)
    {
        options.Validate();
        (_ml, _pipeline, _folds, _options) = (ml, DispersionPipeline.Of(pipeline), folds, options);
        FineTuneOptions training = _pipeline.FineTuning.TrainingOptions!;
        if (training.Dispersion.Coefficient == 0)
        {
            throw new ArgumentException("The pipeline's dispersion coefficient is 0, so both ways of training would be the same: set FineTuneOptions.Dispersion.Coefficient, 0.1 by default.", nameof(pipeline));
        }

        if (training.Checkpoints is not null)
        {
            throw new ArgumentException("The pipeline keeps checkpoints (FineTuneOptions.Checkpoints), and all trainings of a comparison would share that folder: leave them out, and set ComparisonOptions.StoragePath, by which an interrupted comparison goes on.", nameof(pipeline));
        }

        if (training.Distributed is not null)
        {
            throw new ArgumentException("The pipeline trains by several processes (FineTuneOptions.Distributed), which a comparison cannot: set it to null, and let processes share the comparison's trials by ComparisonOptions.OpenStorage instead.", nameof(pipeline));
        }

        IReadOnlyList<ComparisonMetric> usual = ComparisonMetric.Usual(_pipeline.FineTuning.Columns);
        _asked = options.Metrics.Count > 0 ? options.Metrics.Count : 1;
        Metrics = [.. options.Metrics.Concat(usual).DistinctBy(metric => metric.Name)];
        if (Metrics.Count == 0)
        {
            throw new ArgumentException(_pipeline.FineTuning.Columns.Task != FineTuneTask.LanguageModel
                ? $"There is no usual figure of each row for {_pipeline.FineTuning.Columns.Task}: set ComparisonOptions.Metrics, such as to a ComparisonMetric.Of with a function of your own."
                : "The language model adds no columns of log-likelihoods and token counts, so there is no perplexity to compare: name them in LanguageModelOptions, or set ComparisonOptions.Metrics.", nameof(pipeline));
        }

        int rows = folds.Sum(fold => RowBlocks.CountRows(fold.Test));
        if (rows < LeastRows)
        {
            throw new ArgumentException($"There are {rows} test rows; a comparison needs at least {LeastRows}.", nameof(folds));
        }

        Plan = new ComparisonPlan
        {
            Metric = Metrics[0].Name,
            LargerIsBetter = Metrics[0].LargerIsBetter,
            LeastEffect = Metrics[0].LeastEffect,
            Beside = [.. Metrics.Skip(1).Select(metric => metric.Name), .. options.GeometryTexts > 1 ? [ComparedRuns.LastLayer, ComparedRuns.AllLayers] : Array.Empty<string>(), ComparedRuns.Seconds, ComparedRuns.Memory],
            Seeds = options.Seeds,
            FirstSeed = options.Seed,
            Folds = folds.Count,
            Rows = rows,
            Groups = options.GroupColumnName,
            Data = PlanText.Fingerprint(folds.SelectMany(fold => new[] { fold.Train, fold.Test })),
            Comparisons = options.Comparisons,
            IsExploratory = options.IsExploratory,
            Pipeline = PlanText.Of(_pipeline),
        };
    }

    /// <summary>The metrics, the deciding one first.</summary>
    internal IReadOnlyList<ComparisonMetric> Metrics { get; }

    /// <summary>What is fixed.</summary>
    internal ComparisonPlan Plan { get; }

    internal async Task<ComparisonResult> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<int>? groups = Groups();
        var definition = new StudyDefinition
        {
            Name = StudyName,
            Objectives = [new StudyObjective { Name = Plan.Metric, Maximize = Plan.LargerIsBetter }],
            Seed = _options.Seed,
            Space = SearchSpace.Empty.Choice(PlanParameter, $"{Plan}", "none").Integer(SeedParameter, 0, MostSeeds).Integer(FoldParameter, 0, Math.Max(1, _folds.Count - 1)).Choice(ArmParameter, With, Without),
        };
        await using IStudyStorage storage = await OpenAsync(definition, cancellationToken).ConfigureAwait(false);
        int seeds = Plan.Seeds + _options.AddedSeeds;
        foreach ((int seed, int fold, string arm) in
            from seed in Enumerable.Range(0, seeds) from fold in Enumerable.Range(0, _folds.Count) from arm in (string[])[With, Without] select (seed, fold, arm))
        {
            await storage.EnqueueAsync(Kind(seed, fold, arm), Point(seed, fold, arm), cancellationToken).ConfigureAwait(false);
        }

        int total = (await storage.TrialsAsync(cancellationToken).ConfigureAwait(false)).Count;
        var options = new StudyRunOptions
        {
            MaxTrials = total,
            MaxParallelTrials = _options.MaxParallelRuns,
            Waiting = WaitingLog.Of(_ml),
            Monitor = _options.Progress is { } progress ? new Monitor(this, progress) : null,
        };
        IReadOnlyList<Trial> trials = await new StudyRunner(storage, new NoSampling()).RunAsync(context => Task.FromResult(Run(context)), options, cancellationToken).ConfigureAwait(false);
        Trial[] needed = [.. trials.Where(trial => trial.Parameters!.GetInteger(SeedParameter) < seeds)];
        if (Array.Find(needed, trial => trial.State != TrialState.Completed) is { } failed)
        {
            throw new InvalidOperationException(
                $"A training failed ({failed.Kind}): {failed.FailureReason} None is left out, since those that fail are no random part: mend the cause, and compare anew with another place for the study.");
        }

        var byKind = needed.ToDictionary(trial => trial.Kind, ComparedRun.Of);
        return new ComparedRuns(Plan, Metrics, Arm(With), Arm(Without), groups).ToResult();

        ComparedRun[] Arm(string arm) => [.. Enumerable.Range(0, seeds).Select(seed => ComparedRun.Joined([.. Enumerable.Range(0, _folds.Count).Select(fold => byKind[Kind(seed, fold, arm)])]))];
    }

    private static string Kind(int seed, int fold, string arm) => FormattableString.Invariant($"seed {seed} fold {fold} {arm}");

    private Studies.ParameterSet Point(int seed, int fold, string arm) =>
        new(new Dictionary<string, object> { [PlanParameter] = $"{Plan}", [SeedParameter] = seed, [FoldParameter] = fold, [ArmParameter] = arm });

    private Task<IStudyStorage> OpenAsync(StudyDefinition definition, CancellationToken cancellationToken) =>
        _options.OpenStorage is { } open ? open(definition, cancellationToken)
        : _options.StoragePath is { } path ? SqliteStudyStorage.OpenAsync(path, definition, cancellationToken)
        : SqliteStudyStorage.OpenInMemoryAsync(definition, cancellationToken);

    private TrialOutcome Run(TrialContext context)
    {
        ComparedRun run = Train(
            context.Parameters.GetInteger(SeedParameter), context.Parameters.GetInteger(FoldParameter), context.Parameters[ArmParameter] is With, context.CancellationToken);
        context.Notes[ComparedRun.Note] = run.ToJson();
        return TrialOutcome.Completed(run.Metrics[Plan.Metric].Mean);
    }

    /// <summary>Fits the pipeline, and measures what it was fitted to.</summary>
    /// <param name="seed">The place of the seed, from 0.</param>
    /// <param name="fold">The fold.</param>
    /// <param name="with">Whether with the dispersion loss.</param>
    /// <param name="cancellationToken">Stops training.</param>
    internal ComparedRun Train(int seed, int fold, bool with, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pipeline.FineTuning.TrainingOptions!.CancellationToken);
        (IDataView train, IDataView test) = _folds[fold];
        IEstimator<ITransformer> estimator = _pipeline.With(options =>
        {
            options.Seed = unchecked(_options.Seed + seed);
            options.Dispersion.Coefficient = with ? options.Dispersion.Coefficient : 0;
            options.CancellationToken = stop.Token;
        });
        using var memory = new PeakMemory();
        var clock = Stopwatch.StartNew();
        ITransformer model = estimator.Fit(train);
        try
        {
            double seconds = clock.Elapsed.TotalSeconds;
            double mebibytes = memory.Most / 1048576.0;
            stop.Token.ThrowIfCancellationRequested();
            return new ComparedRun { Metrics = Measured(model, test), Cosines = Cosines(model, test), Seconds = seconds, Mebibytes = mebibytes };
        }
        finally
        {
            (model as IDisposable)?.Dispose();
        }
    }

    private Dictionary<string, RowFigures> Measured(ITransformer model, IDataView test)
    {
        IDataView scored = model.Transform(test);
        bool Has(string column) => scored.Schema.GetColumnOrNull(column) is not null;

        // What was not asked for is left out where the pipeline has taken its columns away.
        ComparisonMetric[] metrics = [.. Metrics.Where((metric, i) => i < _asked || metric.Columns.All(Has))];
        if (metrics.SelectMany(metric => metric.Columns.Select(column => (metric, column))).FirstOrDefault(pair => !Has(pair.column)) is { column: { } missing } odd)
        {
            throw new InvalidOperationException($"The {odd.metric.Name} needs the column '{missing}', which the fitted pipeline does not give; it gives {string.Join(", ", scored.Schema.Select(column => column.Name))}.");
        }

        IDataView cached = _ml.Data.Cache(scored, [.. metrics.SelectMany(metric => metric.Columns).Distinct()]);
        return metrics.ToDictionary(metric => metric.Name, metric => metric.Measure(_ml, model, cached, test));
    }

    /// <summary>By text and hidden state; texts of one token have no cosine.</summary>
    private IReadOnlyList<double[]> Cosines(ITransformer model, IDataView test)
    {
        if (_options.GeometryTexts < 2)
        {
            return [];
        }

        string text = _pipeline.FineTuning.Columns.Text;
        IDataView texts = _ml.Data.TakeRows(model.Transform(test), _options.GeometryTexts);
        var geometry = new EmbeddingGeometryOptions { Measures = [GeometryMeasure.MeanCosineOffDiagonal], OutputColumnPrefix = GeometryPrefix };
        IDataView measured = _ml.MeasureEmbeddingGeometry(text, model, geometry).Fit(texts).Transform(texts);
        return [.. measured.GetColumn<VBuffer<float>>($"{GeometryPrefix}.{GeometryMeasure.MeanCosineOffDiagonal}")
            .Select(layers => layers.DenseValues().Select(layer => (double)layer).ToArray()).Where(layers => layers.All(double.IsFinite))];
    }

    /// <summary>The group of each test row, over all folds.</summary>
    private IReadOnlyList<int>? Groups()
    {
        if (_options.GroupColumnName is not { } name)
        {
            return null;
        }

        var numbers = new Dictionary<string, int>();
        return [.. _folds.SelectMany(fold => PlanText.Values(fold.Test, fold.Test.Schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The test rows have no column '{name}' (ComparisonOptions.GroupColumnName); they have {string.Join(", ", fold.Test.Schema.Select(column => column.Name))}."))
            ?? throw new ArgumentException($"The column '{name}' (ComparisonOptions.GroupColumnName) is {fold.Test.Schema[name].Type}; groups are told by texts, keys or numbers."))
            .Select(value => numbers.TryGetValue(value, out int number) ? number : numbers[value] = numbers.Count)];
    }

    /// <summary>All trainings are asked for in advance.</summary>
    private sealed class NoSampling : ISampler
    {
        /// <inheritdoc/>
        public Studies.ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed) => null;
    }

    /// <summary>Tells of a study's trials as of trainings.</summary>
    private sealed class Monitor(Comparison comparison, IProgress<ComparisonProgress> progress) : IProgress<StudyProgress>
    {
        /// <inheritdoc/>
        public void Report(StudyProgress value) => progress.Report(new ComparisonProgress
        {
            Seed = comparison._options.Seed + value.Trial.Parameters!.GetInteger(SeedParameter),
            Fold = value.Trial.Parameters.GetInteger(FoldParameter),
            WithDispersion = value.Trial.Parameters[ArmParameter] is With,
            HasEnded = value.Trial.IsFinished,
            Finished = value.Finished,
            Total = value.MaxTrials!.Value,
            Elapsed = value.Elapsed,
            Remaining = value.Remaining,
        });
    }
}
