using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers text regression where ML.NET's own regression trainers are found, and on the <see cref="MLContext"/> itself.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("reviews.idv");   // columns Label (Single) and Text
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.Regression.Trainers.FineTuneWithDispersion().Fit(split.TrainSet);
/// Console.WriteLine(ml.Regression.Evaluate(model.Transform(split.TestSet)).RSquared);
/// </code>
/// </example>
public static class DispersionRegressionCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a text regression, with the dispersion regulariser: see <see cref="FineTuneRegressionWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.Regression.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, <see cref="float"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of predictions to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static FineTuneRegressionWithDispersionEstimator FineTuneWithDispersion(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, secondTextColumnName, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a text regression with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneRegressionWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.Regression.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, <see cref="float"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static FineTuneRegressionWithDispersionEstimator FineTuneWithDispersion(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneWithDispersion(labelColumnName, textColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), secondTextColumnName: secondTextColumnName, exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Fine-tunes a small pretrained language model into a text regression, with the dispersion regulariser, without a way through ML.NET's catalogs: see <see cref="FineTuneRegressionWithDispersionEstimator"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, <see cref="float"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of predictions to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static FineTuneRegressionWithDispersionEstimator FineTuneRegressionWithDispersion(
        this MLContext ml,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null) =>
        new(ml, labelColumnName, textColumnName, backbone, options, scoreColumnName, secondTextColumnName, exampleWeightColumnName);

    /// <summary>Opens a regressor of Hugging Face's library as a transformer that is ready to score, with its head.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The regressor's files: config.json, model.safetensors and tokenizer files.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="scoreColumnName">The column of predictions to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where the model reads pairs; null (default) for single texts.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no head for one value of each text, or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneRegressionWithDispersionTransformer OpenTextRegressor(
        this MLContext ml,
        ModelSource model,
        string textColumnName = "Text",
        string scoreColumnName = "Score",
        string? secondTextColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneRegressionWithDispersionTransformer.Open(ml, new RegressionColumns("Label", textColumnName, secondTextColumnName, scoreColumnName), model);
    }
}
