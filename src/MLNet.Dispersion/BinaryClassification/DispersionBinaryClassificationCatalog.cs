using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers binary text classification where ML.NET's own binary trainers are found.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("messages.idv");   // columns Label (Boolean) and Text
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.BinaryClassification.Trainers.FineTuneWithDispersion().Fit(split.TrainSet);
/// Console.WriteLine(ml.BinaryClassification.Evaluate(model.Transform(split.TestSet)).AreaUnderRocCurve);
/// </code>
/// </example>
public static class DispersionBinaryClassificationCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a binary text classifier, with the dispersion regulariser: see <see cref="FineTuneBinaryWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.BinaryClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, <see cref="bool"/>; or <see cref="float"/>: 1, 0, and NaN where it is missing.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="probabilityColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of answers to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneBinaryWithDispersionEstimator FineTuneWithDispersion(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string probabilityColumnName = "Probability",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, probabilityColumnName, predictedLabelColumnName, secondTextColumnName, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a binary text classifier with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneBinaryWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.BinaryClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, <see cref="bool"/>; or <see cref="float"/>: 1, 0, and NaN where it is missing.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneBinaryWithDispersionEstimator FineTuneWithDispersion(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneWithDispersion(labelColumnName, textColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), secondTextColumnName: secondTextColumnName, exampleWeightColumnName: exampleWeightColumnName);
}
