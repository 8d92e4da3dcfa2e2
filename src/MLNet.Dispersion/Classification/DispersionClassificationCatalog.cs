using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers text classification where ML.NET's own multiclass trainers are found, on the <see cref="MLContext"/> itself, and at the end of any chain of estimators.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("tickets.idv");   // columns Label (text) and Text
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
///     .Append(ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: new FineTuneOptions { Epochs = 3 }))
///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
/// ITransformer model = pipeline.Fit(rows);
/// ml.Model.Save(model, rows.Schema, "model.zip");
/// </code>
/// </example>
public static class DispersionClassificationCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a text classifier, with the dispersion regulariser: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <param name="windowOverlap">Reads texts longer than the model does in windows, of which neighbours share so many tokens, and takes the means of their probabilities (see <see cref="TextClassifier.Train"/>). Null (default): such texts are cut off. Single texts alone.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static FineTuneWithDispersionEstimator FineTuneWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null,
        int? windowOverlap = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, secondTextColumnName, exampleWeightColumnName, windowOverlap);
    }

    /// <summary>Fine-tunes a small pretrained language model into a text classifier with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static FineTuneWithDispersionEstimator FineTuneWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneWithDispersion(labelColumnName, textColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), secondTextColumnName: secondTextColumnName, exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Fine-tunes a small pretrained language model into a text classifier, with the dispersion regulariser, without a way through ML.NET's catalogs: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <param name="windowOverlap">Reads texts longer than the model does in windows, of which neighbours share so many tokens, and takes the means of their probabilities (see <see cref="TextClassifier.Train"/>). Null (default): such texts are cut off. Single texts alone.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static FineTuneWithDispersionEstimator FineTuneWithDispersion(
        this MLContext ml,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null,
        int? windowOverlap = null) =>
        new(ml, labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, secondTextColumnName, exampleWeightColumnName, windowOverlap);

    /// <summary>Opens a classifier of Hugging Face's library as a transformer that is ready to score: its head comes with it, and its labels are the classes.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The classifier's files: config.json, model.safetensors and tokenizer files.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where the model reads pairs, such as a premise and a hypothesis; null (default) for single texts.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no head for classes of texts (labels of which a text has several are read by <see cref="LanguageModelHeads"/>), or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneWithDispersionTransformer OpenTextClassifier(
        this MLContext ml,
        ModelSource model,
        string textColumnName = "Text",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneWithDispersionTransformer.Open(ml, new ClassifierColumns("Label", textColumnName, secondTextColumnName, scoreColumnName, predictedLabelColumnName), model);
    }

    /// <summary>Appends fine-tuning with the dispersion regulariser to an estimator: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="start">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<FineTuneWithDispersionTransformer> FineTuneWithDispersion(
        this IEstimator<ITransformer> start,
        MLContext ml,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return start.Append(ml.FineTuneWithDispersion(labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, secondTextColumnName, exampleWeightColumnName));
    }

    /// <summary>Appends fine-tuning with the dispersion regulariser to a chain: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <typeparam name="TLast">What the chain's last estimator is trained into.</typeparam>
    /// <param name="chain">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<FineTuneWithDispersionTransformer> FineTuneWithDispersion<TLast>(
        this EstimatorChain<TLast> chain,
        MLContext ml,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
        where TLast : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Append(ml.FineTuneWithDispersion(labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, secondTextColumnName, exampleWeightColumnName));
    }
}
