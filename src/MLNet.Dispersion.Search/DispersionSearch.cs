using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>A hyperparameter search over a pipeline, with the verbs of ML.NET's AutoML experiments.</summary>
/// <remarks>
/// <para>
/// The first trial has the options as they are (<see cref="SetOptions"/>, or the library's defaults), the second the same without the dispersion loss; both run to their end. The sampler draws all further ones. All trials have
/// the same seed, so that they differ in their options alone. Whether dispersion is better can be told after a confirmation (<see cref="SetConfirmation"/>) only: the best of many trials is lucky.
/// </para>
/// <para>Not thread-safe; one run at a time.</para>
/// </remarks>
public sealed class DispersionSearch
{
    /// <summary>The <see cref="Trial.Kind"/> of the trial with the options as they are.</summary>
    public const string DefaultKind = TrialKinds.Default;

    /// <summary>The <see cref="Trial.Kind"/> of the trial with the same options but for a dispersion coefficient of 0.</summary>
    public const string WithoutDispersionKind = TrialKinds.WithoutDispersion;

    private const string StudyName = "search";
    private readonly MLContext _ml;
    private SearchData? _data;
    private Func<SearchTrial, IEstimator<ITransformer>>? _pipeline;
    private SearchSpace _space = DispersionSearchSpace.Default;
    private SearchMetric? _metric;
    private SearchMetric? _secondMetric;
    private FineTuneOptions _options = new();
    private ISampler _sampler = new TpeSampler();
    private IPruner _pruner = new NoPruning();
    private Func<StudyDefinition, CancellationToken, Task<IStudyStorage>> _storage = SqliteStudyStorage.OpenInMemoryAsync;
    private StudyRunOptions _limits = new();
    private (IDataView Test, int Seeds, double? LeastEffect)? _confirmation;
    private int _seed = 1;

    internal DispersionSearch(MLContext ml) => _ml = ml;

    /// <summary>Trains on one set and validates on another.</summary>
    /// <param name="train">The training data.</param>
    /// <param name="validation">The validation data.</param>
    public DispersionSearch SetDataset(IDataView train, IDataView validation)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        _data = new SearchData([(train, validation)], null);
        return this;
    }

    /// <summary>Validates on a part of the data.</summary>
    /// <param name="data">The data.</param>
    /// <param name="validationFraction">The part, above 0 and below 1. Default 0.2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is outside its range.</exception>
    public DispersionSearch SetDataset(IDataView data, double validationFraction = 0.2)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (validationFraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(validationFraction), validationFraction, FormattableString.Invariant($"The validation fraction is {validationFraction}; it must be above 0 and below 1."));
        }

        DataOperationsCatalog.TrainTestData split = _ml.Data.TrainTestSplit(data, validationFraction, seed: _seed);
        _data = new SearchData([(split.TrainSet, split.TestSet)], data);
        return this;
    }

    /// <summary>Cross-validates: each trial trains once for each fold, and its figures are means over the folds.</summary>
    /// <param name="data">The data.</param>
    /// <param name="folds">How many, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 folds.</exception>
    public DispersionSearch SetDataset(IDataView data, int folds)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (folds < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(folds), folds, $"Cross-validation needs at least 2 folds; {folds} were asked for. For one split pass a fraction such as 0.2.");
        }

        _data = new SearchData([.. _ml.Data.CrossValidationSplit(data, folds, seed: _seed).Select(fold => (fold.TrainSet, fold.TestSet))], data);
        return this;
    }

    /// <summary>Sets what is searched over.</summary>
    /// <param name="pipeline">Makes the pipeline of a trial. Where its fine-tuning takes <see cref="SearchTrial.Options"/>, sampled values, pruning and cancelling work by themselves; any other estimator may use <see cref="SearchTrial.Parameters"/>.
    /// With more than one trial at a time it is called from several threads.</param>
    public DispersionSearch SetPipeline(Func<SearchTrial, IEstimator<ITransformer>> pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _pipeline = pipeline;
        return this;
    }

    /// <summary>Sets the space. Default <see cref="DispersionSearchSpace.Default"/>.</summary>
    /// <param name="space">The space: parameters with the names of <see cref="DispersionSearchSpace"/> are written into the options, others are for the pipeline.</param>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public DispersionSearch SetSearchSpace(SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (space.Parameters.Count == 0)
        {
            throw new ArgumentException("The search space has no parameter, so there is nothing to search. Add some, as in SearchSpace.Empty.LogUniform(\"learning rate\", 1e-5, 1e-3), or take DispersionSearchSpace.Default.", nameof(space));
        }

        _space = space;
        return this;
    }

    /// <summary>Sets the options that trials begin from: the first trial's own, and the others' where nothing is sampled. Default: those of <see cref="FineTuneOptions"/>.</summary>
    /// <param name="options">The options. Copied.</param>
    /// <exception cref="ArgumentException">They ask several processes to train together (<see cref="FineTuneOptions.Distributed"/>): the processes of a search share its trials, each of which one trains.</exception>
    public DispersionSearch SetOptions(FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Distributed is not null)
        {
            throw new ArgumentException("FineTuneOptions.Distributed is set, but each trial of a search is trained by one process. Set it to null, and let several machines share the trials by a storage in PostgreSQL.", nameof(options));
        }

        _options = options.Clone();
        return this;
    }

    /// <summary>Sets what is optimised.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="second">A second one, such as <see cref="SearchMetric.Condensation"/>: the result then has the trials that no other beats in both. Null for one.</param>
    public DispersionSearch SetMetric(SearchMetric metric, SearchMetric? second = null)
    {
        ArgumentNullException.ThrowIfNull(metric);
        (_metric, _secondMetric) = (metric, second);
        return this;
    }

    /// <summary>Sets who draws the trials. Default <see cref="TpeSampler"/>.</summary>
    /// <param name="sampler">The sampler.</param>
    public DispersionSearch SetSampler(ISampler sampler)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        _sampler = sampler;
        return this;
    }

    /// <summary>Sets who ends trials early, by how training stands on <see cref="FineTuneOptions.ValidationFraction"/> of its data at each epoch's end: by accuracy where the metric is maximised and the task has it, else by loss. Default: nobody.</summary>
    /// <param name="pruner">The pruner, such as <see cref="AshaPruner"/>. Trials are compared after as many epochs, which is fair where all have the same number of them: a longer training has a higher learning rate at that moment.
    /// So take <see cref="DispersionSearchSpace.Epochs"/> out of the space.</param>
    public DispersionSearch SetPruner(IPruner pruner)
    {
        ArgumentNullException.ThrowIfNull(pruner);
        _pruner = pruner;
        return this;
    }

    /// <summary>Keeps the study in a SQLite file: a search that was interrupted goes on where it was, and several processes may share it. Default: in memory.</summary>
    /// <param name="path">The file.</param>
    public DispersionSearch SetStorage(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return SetStorage((definition, cancellationToken) => SqliteStudyStorage.OpenAsync(path, definition, cancellationToken));
    }

    /// <summary>Keeps the study elsewhere, such as in PostgreSQL.</summary>
    /// <param name="open">Opens the storage, which the search disposes at its end; it may give the definition a name of its own.</param>
    public DispersionSearch SetStorage(Func<StudyDefinition, CancellationToken, Task<IStudyStorage>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _storage = open;
        return this;
    }

    /// <summary>Ends the search after so many trials, the first two and those of earlier runs included.</summary>
    /// <param name="trials">How many, at least 1.</param>
    public DispersionSearch SetMaxTrials(int trials) => SetLimits(_limits with { MaxTrials = trials });

    /// <summary>Ends the search after a time; a trial that runs then is stopped, and begun again by a later run.</summary>
    /// <param name="time">The time, above zero.</param>
    public DispersionSearch SetTrainingTime(TimeSpan time) => SetLimits(_limits with { MaxTime = time });

    /// <summary>Runs several trials at the same time. Default 1: training uses all cores by itself.</summary>
    /// <param name="trials">How many, at least 1.</param>
    public DispersionSearch SetMaxParallelTrials(int trials) => SetLimits(_limits with { MaxParallelTrials = trials });

    /// <summary>Tells somebody whenever a trial begins or ends.</summary>
    /// <param name="monitor">Whom; called from any thread.</param>
    public DispersionSearch SetMonitor(IProgress<StudyProgress> monitor)
    {
        ArgumentNullException.ThrowIfNull(monitor);
        return SetLimits(_limits with { Monitor = monitor });
    }

    /// <summary>
    /// Confirms what the search finds: at its end the options of the best trial with dispersion are trained anew, with dispersion and without it, from seeds that the search did not use, and compared on test rows that it
    /// never saw. The verdict goes by one interval over seeds and rows, and is one of four words. Default: no confirmation, and the word is "cannot be told (exploratory)".
    /// </summary>
    /// <remarks>
    /// Call it before the first trial: what is fixed here is stored with the study, and the verdict of a study that began otherwise carries the mark "exploratory". With folds the trainings take the first fold's training data.
    /// The 2 times <paramref name="seeds"/> trainings come after the search and do not count among its trials; they are stored, resumed and shared among workers as trials are.
    /// </remarks>
    /// <param name="test">The test rows, at least 20; none of them among the search's data.</param>
    /// <param name="seeds">How many pairs of trainings, at least 2. Default 5: intervals of 3 seeds are nearly twice as wide as need be.</param>
    /// <param name="leastEffect">The least effect that matters, above 0; null, the default, for that of the metric: 0.01 for accuracies and other shares, 2 % of the value without dispersion for losses and errors, 0.02 for
    /// <see cref="SearchMetric.Condensation"/>. A metric of your own needs one.</param>
    /// <exception cref="ArgumentException">There are fewer than 20 rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 seeds, or the least effect is not above 0.</exception>
    public DispersionSearch SetConfirmation(IDataView test, int seeds = 5, double? leastEffect = null)
    {
        const int LeastRows = 20;
        ArgumentNullException.ThrowIfNull(test);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 2);
        if (leastEffect is { } given && !(given > 0 && double.IsFinite(given)))
        {
            throw new ArgumentOutOfRangeException(nameof(leastEffect), leastEffect, FormattableString.Invariant($"The least effect is {leastEffect}; it must be above 0 and finite."));
        }

        if (RowBlocks.CountRows(test) is var rows and < LeastRows)
        {
            throw new ArgumentException($"There are {rows} test rows; a confirmation needs at least {LeastRows}.", nameof(test));
        }

        _confirmation = (test, seeds, leastEffect);
        return this;
    }

    /// <summary>Sets the seed of the samples, and of training where the options have none. Default 1. Call it before <see cref="SetDataset(IDataView, double)"/>, whose split it draws, too.</summary>
    /// <param name="seed">The seed.</param>
    public DispersionSearch SetSeed(int seed)
    {
        _seed = seed;
        return this;
    }

    /// <inheritdoc cref="RunAsync"/>
    public SearchResult Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Runs the search.</summary>
    /// <param name="cancellationToken">Stops it: the running trial is given back, and a study that is stored can be gone on with.</param>
    /// <returns>What was found; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">Data, pipeline, metric or limit are not set; or all trials failed, the message holds the first reason.</exception>
    /// <exception cref="StudyStorageException">The storage cannot be used, or holds another study.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<SearchResult> RunAsync(CancellationToken cancellationToken = default)
    {
        SearchData data = _data ?? throw Missing(nameof(SetDataset));
        SearchMetric metric = _metric ?? throw Missing(nameof(SetMetric));
        Func<SearchTrial, IEstimator<ITransformer>> pipeline = _pipeline ?? throw Missing(nameof(SetPipeline));
        if (_limits.MaxTrials is null && _limits.MaxTime is null)
        {
            throw Missing($"{nameof(SetMaxTrials)} or {nameof(SetTrainingTime)}");
        }

        SearchMetric[] metrics = _secondMetric is null ? [metric] : [metric, _secondMetric];
        var definition = new StudyDefinition { Name = StudyName, Objectives = [.. metrics.Select(one => one.Objective)], Seed = _seed, Space = _space };
        using var best = new BestModel(metric.Objective);
        ConfirmationPlan? plan = _confirmation is var (test, seeds, leastEffect) ? new(metric, test, RowBlocks.CountRows(test), seeds, leastEffect) : null;
        _ = plan?.LeastEffectOf;
        var code = new TrialCode(_ml, data, pipeline, metrics, _options, _seed, best, plan);
        await using IStudyStorage storage = await OpenAsync(definition, cancellationToken).ConfigureAwait(false);
        await EnqueueFirstAsync(storage, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Trial> before = await storage.TrialsAsync(cancellationToken).ConfigureAwait(false);
        StudyRunOptions limits = _limits with { Waiting = WaitingLog.Of(_ml), Monitor = _limits.Monitor is { } monitor ? new UnconfirmedProgress(monitor, storage.Definition.Objectives, before) : null };
        var runner = new StudyRunner(storage, new UnconfirmedSampler(_sampler), _pruner);
        IReadOnlyList<Trial> trials = await runner.RunAsync(code.RunAsync, limits with { MaxTrials = limits.MaxTrials + before.Count(TrialKinds.IsConfirmation) }, cancellationToken).ConfigureAwait(false);
        if (plan is not null)
        {
            trials = await ConfirmAsync(storage, runner, code, plan, trials, limits, cancellationToken).ConfigureAwait(false);
        }

        return ToResult(trials, storage.Definition, code, data.All, best, plan);
    }

    /// <summary>The trial that the study's confirmation is of; null while there is none.</summary>
    private static Trial? ConfirmedBy(IReadOnlyList<Trial> trials) =>
        trials.Select(trial => TrialKinds.AsConfirmation(trial.Kind)).FirstOrDefault(part => part is not null) is { } part ? trials.First(trial => trial.Number == part.Trial) : null;

    /// <summary>Trains the best trial with dispersion anew; a confirmation that the study has already is gone on with, since a second look would be one too many.</summary>
    private static async Task<IReadOnlyList<Trial>> ConfirmAsync(IStudyStorage storage, StudyRunner runner, TrialCode code, ConfirmationPlan plan, IReadOnlyList<Trial> trials, StudyRunOptions limits, CancellationToken cancellationToken)
    {
        if ((ConfirmedBy(trials) ?? DispersionVerdict.Of(trials, storage.Definition.Objectives, null).BestWith) is not { } confirmed)
        {
            return trials;
        }

        for (int pair = 0; pair < plan.Seeds; pair++)
        {
            await storage.EnqueueAsync(TrialKinds.Confirmation(confirmed.Number, pair, with: true), confirmed.Parameters!, cancellationToken).ConfigureAwait(false);
            await storage.EnqueueAsync(TrialKinds.Confirmation(confirmed.Number, pair, with: false), confirmed.Parameters!, cancellationToken).ConfigureAwait(false);
        }

        int count = (await storage.TrialsAsync(cancellationToken).ConfigureAwait(false)).Count;
        return await runner.RunAsync(code.RunAsync, limits with { MaxTrials = count, MaxTime = null }, cancellationToken).ConfigureAwait(false);
    }

    private static SearchResult ToResult(IReadOnlyList<Trial> trials, StudyDefinition definition, TrialCode code, IDataView? allData, BestModel models, ConfirmationPlan? plan)
    {
        // What was fixed before the first trial stands in its notes.
        bool isExploratory = plan is null || trials[0].Notes.GetValueOrDefault(TrialKinds.PlanNote) != plan.ToString();
        var result = new SearchResult
        {
            Trials = [.. trials.Where(trial => !TrialKinds.IsConfirmation(trial))],
            Objectives = definition.Objectives,
            Space = definition.Space,
            Confirmation = plan is null ? null : SearchConfirmation.Of([.. trials.Where(TrialKinds.IsConfirmation)], definition.Objectives[0], plan.LeastEffectOf, plan.Rows, isExploratory),
        };
        if (result.Best is { } best)
        {
            result.BestOptions = code.OptionsOf(best.Kind, best.Parameters!);
            result.Fit = data => code
                .PipelineOf(new SearchTrial(best.Number, best.Kind, best.Parameters!, code.OptionsOf(best.Kind, best.Parameters!)))
                .Fit(data ?? allData ?? throw new InvalidOperationException("The search had training and validation data apart: pass all of it to Refit."));
            result.BestModel = models.TakeIf(best.Number);
        }

        return result;
    }

    private static InvalidOperationException Missing(string verb) => new($"The search cannot run yet: call {verb} first.");

    private DispersionSearch SetLimits(StudyRunOptions limits)
    {
        (limits with { MaxTrials = limits.MaxTrials ?? 1 }).Validate();
        _limits = limits;
        return this;
    }

    /// <summary>Opens the storage; a search that version 0.1 began over its default space goes on over that.</summary>
    private async Task<IStudyStorage> OpenAsync(StudyDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            return await _storage(definition, cancellationToken).ConfigureAwait(false);
        }
        catch (StudyStorageException) when (ReferenceEquals(_space, DispersionSearchSpace.Default))
        {
            try
            {
                return await _storage(definition with { Space = DispersionSearchSpace.Former }, cancellationToken).ConfigureAwait(false);
            }
            catch (StudyStorageException)
            {
                // It is not that: the first error says what is wrong.
            }

            throw;
        }
    }

    private async Task EnqueueFirstAsync(IStudyStorage storage, CancellationToken cancellationToken)
    {
        FineTuneOptions plain = _options.Clone();
        await storage.EnqueueAsync(DefaultKind, NearestPoint.To(plain, storage.Definition.Space), cancellationToken).ConfigureAwait(false);
        if (_limits.MaxTrials is null or > 1)
        {
            plain.Dispersion.Coefficient = 0;
            await storage.EnqueueAsync(WithoutDispersionKind, NearestPoint.To(plain, storage.Definition.Space), cancellationToken).ConfigureAwait(false);
        }
    }
}
