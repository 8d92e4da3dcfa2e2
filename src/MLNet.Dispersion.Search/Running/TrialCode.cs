using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What happens in a trial: the pipeline is made, fitted and measured on each fold.</summary>
internal sealed class TrialCode(MLContext ml, SearchData data, Func<SearchTrial, IEstimator<ITransformer>> pipeline, IReadOnlyList<SearchMetric> metrics, FineTuneOptions baseOptions, int seed, BestModel best)
{
    /// <summary>Runs a trial.</summary>
    internal Task<TrialOutcome> RunAsync(TrialContext context)
    {
        var sums = new double[metrics.Count];
        for (int fold = 0; fold < data.Folds.Count; fold++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (FitAndMeasure(context, fold) is not { } figures)
            {
                return Task.FromResult(TrialOutcome.Pruned);
            }

            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += figures[i] / data.Folds.Count;
            }
        }

        return Task.FromResult(TrialOutcome.Completed(sums));
    }

    /// <summary>The share of rows by which trials are followed, however few there are.</summary>
    private const double FollowedFraction = 0.1;

    /// <summary>The options of a trial, still without what follows and stops training.</summary>
    internal FineTuneOptions OptionsOf(string kind, Studies.ParameterSet parameters)
    {
        FineTuneOptions options = baseOptions.Clone();
        options.Seed ??= seed;
        options.ValidationFraction ??= FollowedFraction;
        if (kind == TrialKinds.WithoutDispersion)
        {
            options.Dispersion.Coefficient = 0;
        }
        else if (kind != TrialKinds.Default)
        {
            DispersionSearchSpace.Apply(parameters, options);
        }

        return options;
    }

    /// <summary>The pipeline of a trial, to be fitted by others.</summary>
    internal IEstimator<ITransformer> PipelineOf(SearchTrial trial) =>
        pipeline(trial) ?? throw new InvalidOperationException("The function given to SetPipeline returned null; it must return an estimator.");

    /// <summary>The figures of one fold; null when the trial was pruned.</summary>
    private double[]? FitAndMeasure(TrialContext context, int fold)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, baseOptions.CancellationToken);
        FineTuneOptions options = OptionsOf(context.Kind, context.Parameters);

        // Trials are compared after the same epochs of the first fold.
        var follower = new TrainingFollower(fold == 0 ? context : null, metrics[0].Maximize, options.Progress, stop);
        options.Progress = follower;
        options.CancellationToken = stop.Token;
        ITransformer? model = null;
        try
        {
            IEstimator<ITransformer> estimator = PipelineOf(new SearchTrial(context.Number, context.Kind, context.Parameters, options));
            context.Notes[TrialKinds.DispersionNote] = options.Dispersion.Coefficient.ToString("R", CultureInfo.InvariantCulture);
            model = estimator.Fit(data.Folds[fold].Train);
            double[] figures = [.. metrics.Select(metric => metric.Evaluate(ml, model, data.Folds[fold].Validation))];
            if (data.Folds.Count == 1 && double.IsFinite(figures[0]))
            {
                best.Offer(context.Number, figures[0], ref model);
            }

            return figures;
        }
        catch (OperationCanceledException) when (follower.IsPruned)
        {
            return null;
        }
        finally
        {
            (model as IDisposable)?.Dispose();
        }
    }
}

/// <summary>Tells the study how training stands at each epoch's end, and stops training that is not worth going on with.</summary>
/// <param name="context">The trial; null where it is not to be followed.</param>
/// <param name="maximize">The direction of the first metric, which what is told agrees with: where larger is better, the validation accuracy (of a task without one, minus the validation loss), else the validation loss.</param>
/// <param name="next">Whom else to tell.</param>
/// <param name="stop">Stops training.</param>
internal sealed class TrainingFollower(TrialContext? context, bool maximize, IProgress<TrainingProgress>? next, CancellationTokenSource stop) : IProgress<TrainingProgress>
{
    /// <summary>Whether training was stopped because others did better.</summary>
    internal bool IsPruned { get; private set; }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        next?.Report(value);
        bool isLast = value.Step == value.TotalSteps;
        double? standing = maximize ? value.ValidationAccuracy ?? -value.ValidationLoss : value.ValidationLoss;
        if (context is not null && standing is { } figure && context.Report(value.Epoch, figure) && !isLast)
        {
            IsPruned = true;
            stop.Cancel();
        }
    }
}

/// <summary>The data of a search: pairs to train and to validate on, and all of it where that is one set.</summary>
/// <param name="Folds">The pairs; more than one for cross-validation.</param>
/// <param name="All">Everything; null when training and validation data were given apart.</param>
internal sealed record SearchData(IReadOnlyList<(IDataView Train, IDataView Validation)> Folds, IDataView? All);
