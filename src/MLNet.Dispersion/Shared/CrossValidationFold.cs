using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>One fold of a cross-validation of a task that ML.NET has no evaluator for.</summary>
/// <typeparam name="TMetrics">What its evaluation gives.</typeparam>
public sealed record CrossValidationFold<TMetrics>
{
    private CrossValidationFold()
    {
    }

    /// <summary>Gets the number of the fold, from 0.</summary>
    public required int Fold { get; init; }

    /// <summary>Gets the model that was fitted on the other folds; the caller disposes it.</summary>
    public required ITransformer Model { get; init; }

    /// <summary>Gets how it does on this fold.</summary>
    public required TMetrics Metrics { get; init; }

    /// <summary>Gets the rows of this fold, scored while they are read.</summary>
    public required IDataView ScoredHoldOutSet { get; init; }

    internal static IReadOnlyList<CrossValidationFold<TMetrics>> Of(
        MLContext ml, IDataView data, IEstimator<ITransformer> estimator, Func<IDataView, TMetrics> evaluate, int folds, string? samplingKeyColumnName, int? seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(estimator);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var done = new List<CrossValidationFold<TMetrics>>();
        try
        {
            foreach ((int number, DataOperationsCatalog.TrainTestData fold) in ml.Data.CrossValidationSplit(data, folds, samplingKeyColumnName, seed).Index())
            {
                ITransformer model = estimator.Fit(fold.TrainSet);
                IDataView scored = model.Transform(fold.TestSet);
                done.Add(new CrossValidationFold<TMetrics> { Fold = number, Model = model, Metrics = evaluate(scored), ScoredHoldOutSet = scored });
            }

            return done;
        }
        catch
        {
            done.ForEach(fold => (fold.Model as IDisposable)?.Dispose());
            throw;
        }
    }
}
