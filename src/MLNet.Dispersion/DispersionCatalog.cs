using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers the estimators where ML.NET's own multiclass and regression trainers are found.</summary>
public static class DispersionCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a text classifier, with the dispersion regulariser: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="sentence2ColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use <see cref="DispersionContextExtensions"/>.</exception>
    public static FineTuneWithDispersionEstimator FineTuneWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? sentence2ColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, sentence2ColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a text regression, with the dispersion regulariser: see <see cref="FineTuneRegressionWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.Regression.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, <see cref="float"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of predictions to add.</param>
    /// <param name="sentence2ColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use <see cref="DispersionContextExtensions"/>.</exception>
    public static FineTuneRegressionWithDispersionEstimator FineTuneWithDispersion(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string? sentence2ColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, sentence2ColumnName);
    }
}
