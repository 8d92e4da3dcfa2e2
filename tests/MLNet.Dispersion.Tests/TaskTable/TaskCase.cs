using Microsoft.ML;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>A task, as the table tries it: its rows, its estimator, its evaluation. Columns have the names that <see cref="FreshProcessLoad.TextRow"/> knows.</summary>
internal sealed record TaskCase
{
    /// <summary>What the table calls it.</summary>
    public required string Name { get; init; }

    public required FineTuneTask Task { get; init; }

    /// <summary>What <see cref="FreshProcessLoad.Scoring"/> calls it.</summary>
    public required string Kind { get; init; }

    /// <summary>So many rows, drawn with a seed; those of different seeds have no query in common.</summary>
    public required Func<MLContext, int, int, IDataView> Rows { get; init; }

    /// <summary>The estimator over a backbone; null for the embedded one.</summary>
    public required Func<MLContext, ModelSource?, FineTuneOptions, IEstimator<ITransformer>> Estimator { get; init; }

    /// <summary>A figure of scored rows.</summary>
    public required Func<MLContext, IDataView, double> Evaluate { get; init; }

    /// <summary>The models and the figures of two folds.</summary>
    public required Func<MLContext, IDataView, IEstimator<ITransformer>, IEnumerable<(ITransformer Model, double Figure)>> CrossValidate { get; init; }

    /// <summary>What stands behind the model in a saved pipeline, fitted to what it gives.</summary>
    public Func<MLContext, IDataView, ITransformer>? Behind { get; init; }

    /// <summary>Whether it needs a model that predicts tokens, and has no head.</summary>
    public bool Writes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
