using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers ranking of documents by text where ML.NET's own ranking trainers are found.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("answers.idv");   // columns Query, Document, Label (Single) and GroupId
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2, samplingKeyColumnName: "GroupId");
/// using var model = ml.Ranking.Trainers.FineTuneRankingWithDispersion().Fit(split.TrainSet);
/// TextRankingMetrics metrics = ml.EvaluateTextRanking(model.Transform(split.TestSet));
/// Console.WriteLine($"NDCG@10 with exponential gains {metrics.ExponentialNdcgAtDepth:0.000}, with linear ones {metrics.LinearNdcgAtDepth:0.000}");
/// </code>
/// </example>
public static class DispersionRankingCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a ranking of documents, with the dispersion regulariser: see <see cref="FineTuneRankingWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.Ranking.Trainers</c>.</param>
    /// <param name="labelColumnName">The column of relevances, <see cref="float"/>.</param>
    /// <param name="queryColumnName">The column of queries.</param>
    /// <param name="documentColumnName">The column of documents.</param>
    /// <param name="rowGroupColumnName">The column by which a query's documents belong together: text, a key or a whole number.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="loss">The loss. Default <see cref="RankingLoss.ListNet"/>.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0: a query counts the mean of its rows. Null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneRankingWithDispersionEstimator FineTuneRankingWithDispersion(
        this RankingCatalog.RankingTrainers catalog,
        string labelColumnName = "Label",
        string queryColumnName = "Query",
        string documentColumnName = "Document",
        string rowGroupColumnName = "GroupId",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        RankingLoss loss = RankingLoss.ListNet,
        string scoreColumnName = "Score",
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, queryColumnName, documentColumnName, rowGroupColumnName, backbone, options, loss, scoreColumnName, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a ranking of documents with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneRankingWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.Ranking.Trainers</c>.</param>
    /// <param name="labelColumnName">The column of relevances, <see cref="float"/>.</param>
    /// <param name="queryColumnName">The column of queries.</param>
    /// <param name="documentColumnName">The column of documents.</param>
    /// <param name="rowGroupColumnName">The column by which a query's documents belong together: text, a key or a whole number.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Queries of an optimizer step, each with all its documents, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneRankingWithDispersionEstimator FineTuneRankingWithDispersion(
        this RankingCatalog.RankingTrainers catalog,
        string labelColumnName,
        string queryColumnName,
        string documentColumnName,
        string rowGroupColumnName,
        int epochs,
        int batchSize = 4,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneRankingWithDispersion(labelColumnName, queryColumnName, documentColumnName, rowGroupColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Opens a cross-encoder of Hugging Face's library or sentence-transformers as a transformer that is ready to score: its head comes with it.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model's files: config.json, model.safetensors and tokenizer files, with a head of one value a pair.</param>
    /// <param name="queryColumnName">The column of queries.</param>
    /// <param name="documentColumnName">The column of documents.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no such head, or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneRankingWithDispersionTransformer OpenTextRanker(this MLContext ml, ModelSource model, string queryColumnName = "Query", string documentColumnName = "Document", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneRankingWithDispersionTransformer.Open(ml, new RankingColumns("Label", queryColumnName, documentColumnName, "GroupId", scoreColumnName), model);
    }

    /// <summary>Compares the order of each query's documents by their scores with their relevances.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both, such as <c>model.Transform(test)</c>.</param>
    /// <param name="labelColumnName">The relevances, <see cref="float"/>, at least 0.</param>
    /// <param name="rowGroupColumnName">The column by which a query's documents belong together.</param>
    /// <param name="scoreColumnName">The scores, <see cref="float"/>.</param>
    /// <param name="depth">How many documents from the top the figures at a depth look at, at least 1. Default 10.</param>
    /// <exception cref="ArgumentException">There is no row or no relevant document, a column is missing or of another type, a relevance is negative, or the depth is below 1.</exception>
    public static TextRankingMetrics EvaluateTextRanking(
        this MLContext ml, IDataView scored, string labelColumnName = "Label", string rowGroupColumnName = "GroupId", string scoreColumnName = "Score", int depth = 10)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        return TextRankingMetrics.Of(EvaluatedColumns.Numbers(scored, labelColumnName), EvaluatedColumns.Numbers(scored, scoreColumnName), EvaluatedColumns.Groups(scored, rowGroupColumnName), depth);
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn; queries stay whole.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="labelColumnName">The relevances.</param>
    /// <param name="rowGroupColumnName">The column by which a query's documents belong together: they stay in one fold.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<TextRankingMetrics>> CrossValidateTextRanking(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string labelColumnName = "Label", string rowGroupColumnName = "GroupId", int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<TextRankingMetrics>.Of(ml, data, estimator, scored => ml.EvaluateTextRanking(scored, labelColumnName, rowGroupColumnName), folds, rowGroupColumnName, seed);
    }
}
