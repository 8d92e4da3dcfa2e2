using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What this library offers a context beyond estimators: <c>ml.Dispersion()</c>. Thread-safe.</summary>
public sealed class DispersionOperations
{
    private readonly MLContext _ml;

    internal DispersionOperations(MLContext ml)
    {
        ArgumentNullException.ThrowIfNull(ml);
        _ml = ml;
    }

    /// <summary>Begins a hyperparameter search, with the verbs of ML.NET's AutoML experiments: set data, pipeline and metric, then run.</summary>
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
    public DispersionSearch CreateSearch() => new(_ml);
}
