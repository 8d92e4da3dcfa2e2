using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What <c>ml.Dispersion()</c> offers beyond saving: searches and comparisons.</summary>
public static class SearchOperations
{
    /// <summary>Begins a hyperparameter search, with the verbs of ML.NET's AutoML experiments: set data, pipeline and metric, then run.</summary>
    /// <param name="operations"><c>ml.Dispersion()</c>.</param>
    /// <example>
    /// <code>
    /// using Microsoft.ML;
    /// using MLNet.Dispersion;
    ///
    /// var ml = new MLContext(seed: 1);
    /// IDataView train = ml.Data.LoadFromBinary("train.idv"), validation = ml.Data.LoadFromBinary("validation.idv");
    /// using SearchResult result = ml.Dispersion().CreateSearch()
    ///     .SetDataset(train, validation)
    ///     .SetPipeline(trial => ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml, options: trial.Options))
    ///     .SetMetric(SearchMetric.Of(MulticlassMetric.MicroAccuracy))
    ///     .SetMaxTrials(20)
    ///     .Run();
    /// </code>
    /// </example>
    public static DispersionSearch CreateSearch(this DispersionOperations operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        return new(operations.Context);
    }

    /// <summary>Answers whether the dispersion loss helps on your data: trains the pipeline with it and without it, paired, from the same seeds and with the same options, and says one of four words.</summary>
    /// <remarks>
    /// What decides is fixed before the first training and stored with it. With <see cref="ComparisonOptions.StoragePath"/> an interrupted comparison goes on where it was; with <see cref="ComparisonOptions.OpenStorage"/> several machines share one.
    /// </remarks>
    /// <param name="operations"><c>ml.Dispersion()</c>.</param>
    /// <param name="pipeline">The pipeline: any estimator, or chain of them, with one fine-tuning with dispersion in it. The twin without is the same with a coefficient of 0. It stays as it is.</param>
    /// <param name="train">The training data.</param>
    /// <param name="test">The test data, at least 20 rows, none of them among the training data.</param>
    /// <param name="options">Metrics, seeds and more; null for the defaults.</param>
    /// <param name="cancellationToken">Stops: the running training is given back, and a comparison that is stored can be gone on with.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">The pipeline has no fine-tuning with dispersion, or one that cannot be compared; an option is outside its range; or there are too few test rows.</exception>
    /// <exception cref="InvalidOperationException">A training failed; the message holds the reason.</exception>
    /// <exception cref="StudyStorageException">The storage cannot be used, or holds a comparison that was fixed otherwise.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML;
    /// using MLNet.Dispersion;
    ///
    /// var ml = new MLContext(seed: 1);
    /// IDataView train = ml.Data.LoadFromBinary("train.idv"), test = ml.Data.LoadFromBinary("test.idv");
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml);
    /// ComparisonResult result = ml.Dispersion().Compare(pipeline, train, test, new() { Seeds = 5, StoragePath = "comparison.db" });
    /// Console.WriteLine(result);   // better, worse, no difference that matters, or cannot be told
    /// result.WriteHtml("comparison.html");
    /// </code>
    /// </example>
    public static ComparisonResult Compare(this DispersionOperations operations, IEstimator<ITransformer> pipeline, IDataView train, IDataView test, ComparisonOptions? options = null, CancellationToken cancellationToken = default) =>
        operations.CompareAsync(pipeline, train, test, options, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Answers whether the dispersion loss helps on your data, by cross-validation: each seed trains both ways once for each fold, and every row is a test row once.</summary>
    /// <param name="operations"><c>ml.Dispersion()</c>.</param>
    /// <param name="pipeline">The pipeline: any estimator, or chain of them, with one fine-tuning with dispersion in it. The twin without is the same with a coefficient of 0. It stays as it is.</param>
    /// <param name="data">The data, at least 20 rows.</param>
    /// <param name="folds">How many folds, at least 2. They are the same for all seeds.</param>
    /// <param name="options">Metrics, seeds and more; null for the defaults.</param>
    /// <param name="cancellationToken">Stops: the running training is given back, and a comparison that is stored can be gone on with.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">The pipeline has no fine-tuning with dispersion, or one that cannot be compared; an option is outside its range; or there are too few rows.</exception>
    /// <exception cref="InvalidOperationException">A training failed; the message holds the reason.</exception>
    /// <exception cref="StudyStorageException">The storage cannot be used, or holds a comparison that was fixed otherwise.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static ComparisonResult Compare(this DispersionOperations operations, IEstimator<ITransformer> pipeline, IDataView data, int folds, ComparisonOptions? options = null, CancellationToken cancellationToken = default) =>
        operations.CompareAsync(pipeline, data, folds, options, cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc cref="Compare(DispersionOperations, IEstimator{ITransformer}, IDataView, IDataView, ComparisonOptions?, CancellationToken)"/>
    public static Task<ComparisonResult> CompareAsync(this DispersionOperations operations, IEstimator<ITransformer> pipeline, IDataView train, IDataView test, ComparisonOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        return new Comparison(operations.Context, pipeline, [(train, test)], options ?? new()).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="Compare(DispersionOperations, IEstimator{ITransformer}, IDataView, int, ComparisonOptions?, CancellationToken)"/>
    public static Task<ComparisonResult> CompareAsync(this DispersionOperations operations, IEstimator<ITransformer> pipeline, IDataView data, int folds, ComparisonOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        options ??= new();
        return new Comparison(operations.Context, pipeline, [.. operations.Context.Data.CrossValidationSplit(data, folds, options.GroupColumnName, options.Seed).Select(fold => (fold.TrainSet, fold.TestSet))], options).RunAsync(cancellationToken);
    }
}
