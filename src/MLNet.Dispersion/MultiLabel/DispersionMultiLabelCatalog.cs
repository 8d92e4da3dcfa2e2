using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers multi-label text classification, which ML.NET itself has no catalog for, beside its multiclass trainers.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Statistics;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("tickets.idv");   // columns Label (a vector of Boolean) and Text
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion().Fit(split.TrainSet);
/// MultiLabelMetrics metrics = ml.EvaluateMultiLabel(model.Transform(split.TestSet));
/// Console.WriteLine($"micro F1 {metrics.Micro.F1:0.00}, macro F1 {metrics.Macro.F1:0.00}");
/// </code>
/// </example>
public static class DispersionMultiLabelCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a multi-label text classifier, with the dispersion regulariser: see <see cref="FineTuneMultiLabelWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, a vector of <see cref="bool"/>; or of <see cref="float"/>: 1, 0, and NaN where it is not known.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of found labels to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="tuneThresholds">Whether the probability from which on a label counts as found is tuned on held-out rows. Default false: 0.5 each.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneMultiLabelWithDispersionEstimator FineTuneMultiLabelWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        bool tuneThresholds = false,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, secondTextColumnName, tuneThresholds, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a multi-label text classifier with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneMultiLabelWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, a vector of <see cref="bool"/>; or of <see cref="float"/>: 1, 0, and NaN where it is not known.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneMultiLabelWithDispersionEstimator FineTuneMultiLabelWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneMultiLabelWithDispersion(labelColumnName, textColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), secondTextColumnName: secondTextColumnName, exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Opens a classifier of Hugging Face's library whose problem type is <c>multi_label_classification</c> as a transformer that is ready to score: its head and its labels come with it.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The classifier's files: config.json, model.safetensors and tokenizer files.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of found labels to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where the model reads pairs; null (default) for single texts.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no head for labels of texts, or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneMultiLabelWithDispersionTransformer OpenMultiLabelTextClassifier(
        this MLContext ml,
        ModelSource model,
        string textColumnName = "Text",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneMultiLabelWithDispersionTransformer.Open(ml, new MultiLabelColumns("Label", textColumnName, secondTextColumnName, scoreColumnName, predictedLabelColumnName), model);
    }

    /// <summary>Compares found labels with true ones.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both, such as <c>model.Transform(test)</c>.</param>
    /// <param name="labelColumnName">The true labels, a vector of <see cref="bool"/>, or of <see cref="float"/> with 1 and 0.</param>
    /// <param name="predictedLabelColumnName">The found labels, a vector of <see cref="bool"/>.</param>
    /// <exception cref="ArgumentException">There is no row, a column is missing or of another type, or a true label is neither 1 nor 0.</exception>
    public static MultiLabelMetrics EvaluateMultiLabel(this MLContext ml, IDataView scored, string labelColumnName = "Label", string predictedLabelColumnName = "PredictedLabel")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        return MultiLabelMetrics.Of(MultiLabelValues.Read(scored, labelColumnName), MultiLabelValues.Read(scored, predictedLabelColumnName));
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="labelColumnName">The true labels.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<MultiLabelMetrics>> CrossValidateMultiLabel(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string labelColumnName = "Label", string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<MultiLabelMetrics>.Of(ml, data, estimator, scored => ml.EvaluateMultiLabel(scored, labelColumnName), folds, samplingKeyColumnName, seed);
    }
}
