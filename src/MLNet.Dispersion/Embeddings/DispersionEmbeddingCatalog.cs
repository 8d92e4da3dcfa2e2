using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers text embeddings and sentence similarity, which ML.NET itself has no catalog for, among the transforms of text.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Statistics;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("pairs.idv");   // columns Text, SecondText and Label (Single), how alike the two are
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: ModelSource.FromDirectory("all-MiniLM-L6-v2"), labelColumnName: "Label").Fit(split.TrainSet);
/// CorrelationMetrics metrics = ml.EvaluateSimilarity(model.Transform(split.TestSet));
/// Console.WriteLine($"Spearman {metrics.Spearman:0.000}");
/// </code>
/// </example>
public static class DispersionEmbeddingCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a text embedding model, with the dispersion regulariser: see <see cref="FineTuneEmbeddingsWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The column of first texts.</param>
    /// <param name="secondTextColumnName">The column of second texts.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="embedding">The loss, and what comes out; null for the defaults. Copied.</param>
    /// <param name="labelColumnName">The column of scores, <see cref="float"/>; null (default) where rows are pairs that belong together.</param>
    /// <param name="negativeColumnName">The column of negatives, a text or a vector of texts of known length; null (default) for none.</param>
    /// <param name="embeddingColumnName">The column of the first texts' vectors to add.</param>
    /// <param name="secondEmbeddingColumnName">The column of the second texts' vectors to add.</param>
    /// <param name="scoreColumnName">The column of cosines to add.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneEmbeddingsWithDispersionEstimator FineTuneEmbeddingsWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName = "Text",
        string secondTextColumnName = "SecondText",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        EmbeddingOptions? embedding = null,
        string? labelColumnName = null,
        string? negativeColumnName = null,
        string embeddingColumnName = "Embedding",
        string secondEmbeddingColumnName = "SecondEmbedding",
        string scoreColumnName = "Score",
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(
            CatalogEnvironment.Of(catalog), textColumnName, secondTextColumnName, backbone, options, embedding, labelColumnName, negativeColumnName, embeddingColumnName, secondEmbeddingColumnName, scoreColumnName, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a text embedding model with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneEmbeddingsWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The column of first texts.</param>
    /// <param name="secondTextColumnName">The column of second texts.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>. The rows of a batch are negatives for one another.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="labelColumnName">The column of scores, <see cref="float"/>; null (default) where rows are pairs that belong together.</param>
    /// <param name="negativeColumnName">The column of negatives, a text or a vector of texts of known length; null (default) for none.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneEmbeddingsWithDispersionEstimator FineTuneEmbeddingsWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName,
        string secondTextColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? labelColumnName = null,
        string? negativeColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneEmbeddingsWithDispersion(
            textColumnName, secondTextColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), labelColumnName: labelColumnName, negativeColumnName: negativeColumnName, exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Adds the vectors of a text column by an embedding model that was fitted before, as features for any trainer: see <see cref="TextEmbeddingEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="outputColumnName">The column of vectors to add.</param>
    /// <param name="inputColumnName">The text column.</param>
    /// <param name="fitted">The fitted model; it stays the caller's and must outlive what uses it.</param>
    /// <exception cref="ArgumentException">A column has no name, or both have the same.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use <see cref="FineTuneEmbeddingsWithDispersionTransformer.ForColumn"/>.</exception>
    public static TextEmbeddingEstimator TextEmbedding(this TransformsCatalog.TextTransforms catalog, string outputColumnName, string inputColumnName, FineTuneEmbeddingsWithDispersionTransformer fitted)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return TextEmbeddingEstimator.Of(CatalogEnvironment.Of(catalog), outputColumnName, inputColumnName, fitted);
    }

    /// <summary>Adds the vectors of a text column by a pretrained embedding model as it is, as features for any trainer: see <see cref="TextEmbeddingEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="outputColumnName">The column of vectors to add.</param>
    /// <param name="inputColumnName">The text column.</param>
    /// <param name="model">The model's files; a directory of sentence-transformers is pooled, cut and scaled as it says.</param>
    /// <exception cref="ArgumentException">A column has no name, or both have the same.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use <see cref="OpenTextEmbedder"/>.</exception>
    public static TextEmbeddingEstimator TextEmbedding(this TransformsCatalog.TextTransforms catalog, string outputColumnName, string inputColumnName, ModelSource model)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return TextEmbeddingEstimator.Of(CatalogEnvironment.Of(catalog), outputColumnName, inputColumnName, model);
    }

    /// <summary>Opens a pretrained embedding model as a transformer that is ready to embed, without training.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model's files; a directory of sentence-transformers is pooled, cut and scaled as it says, another by the mean of its tokens.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="secondTextColumnName">The column of second texts, which are embedded where data has them.</param>
    /// <param name="embeddingColumnName">The column of the first texts' vectors to add.</param>
    /// <param name="secondEmbeddingColumnName">The column of the second texts' vectors to add.</param>
    /// <param name="scoreColumnName">The column of cosines to add.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">A column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneEmbeddingsWithDispersionTransformer OpenTextEmbedder(
        this MLContext ml,
        ModelSource model,
        string textColumnName = "Text",
        string secondTextColumnName = "SecondText",
        string embeddingColumnName = "Embedding",
        string secondEmbeddingColumnName = "SecondEmbedding",
        string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneEmbeddingsWithDispersionTransformer.Open(ml, new EmbeddingColumns("", textColumnName, secondTextColumnName, null, embeddingColumnName, secondEmbeddingColumnName, scoreColumnName), model);
    }

    /// <summary>Compares the likeness of pairs of texts with true scores: Spearman's and Pearson's correlation.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both, such as <c>model.Transform(test)</c>.</param>
    /// <param name="labelColumnName">The true scores, <see cref="float"/>, in any scale.</param>
    /// <param name="scoreColumnName">The cosines, <see cref="float"/>. Errors between the two say little where their scales differ.</param>
    /// <exception cref="ArgumentException">There are fewer than two rows, a column is missing or of another type, or a value is not finite.</exception>
    public static CorrelationMetrics EvaluateSimilarity(this MLContext ml, IDataView scored, string labelColumnName = "Label", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        return CorrelationMetrics.Of(EvaluatedColumns.Numbers(scored, labelColumnName), EvaluatedColumns.Numbers(scored, scoreColumnName));
    }

    /// <summary>Looks for the second text of each pair by its first one, among the second texts of all rows.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both vectors, such as <c>model.Transform(test)</c>.</param>
    /// <param name="embeddingColumnName">The vectors of first texts.</param>
    /// <param name="secondEmbeddingColumnName">The vectors of second texts.</param>
    /// <param name="depth">How many texts from the top recall and NDCG look at, at least 1. Default 10.</param>
    /// <remarks>Every first text is compared with every second one.</remarks>
    /// <exception cref="ArgumentException">There is no row, a column is missing or of another type, or the depth is below 1.</exception>
    public static EmbeddingRetrievalMetrics EvaluateRetrieval(this MLContext ml, IDataView scored, string embeddingColumnName = "Embedding", string secondEmbeddingColumnName = "SecondEmbedding", int depth = 10)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        return EmbeddingRetrievalMetrics.Of(EvaluatedColumns.Vectors(scored, embeddingColumnName), EvaluatedColumns.Vectors(scored, secondEmbeddingColumnName), depth);
    }

    /// <summary>Fits on all folds but one, evaluates by <see cref="EvaluateSimilarity"/> on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="labelColumnName">The true scores.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<CorrelationMetrics>> CrossValidateSimilarity(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string labelColumnName = "Label", string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<CorrelationMetrics>.Of(ml, data, estimator, scored => ml.EvaluateSimilarity(scored, labelColumnName), folds, samplingKeyColumnName, seed);
    }

    /// <summary>Fits on all folds but one, evaluates by <see cref="EvaluateRetrieval"/> on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<EmbeddingRetrievalMetrics>> CrossValidateRetrieval(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<EmbeddingRetrievalMetrics>.Of(ml, data, estimator, scored => ml.EvaluateRetrieval(scored), folds, samplingKeyColumnName, seed);
    }
}
