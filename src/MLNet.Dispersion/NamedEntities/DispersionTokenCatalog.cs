using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers tags of words, such as named entities, beside ML.NET's multiclass trainers.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("news.idv");   // columns Text (a vector of words) and Label (a vector of tags: B-PER, I-PER, O, ...)
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion().Fit(split.TrainSet);
/// TokenMetrics metrics = ml.EvaluateTokens(model.Transform(split.TestSet));
/// Console.WriteLine($"entity F1 {metrics.Entities.Micro.F1:0.00}");
/// </code>
/// </example>
public static class DispersionTokenCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a tagger of words, with the dispersion regulariser: see <see cref="FineTuneTokensWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column: a vector of text, or of keys of text, with a tag for each word; or a vector of text with the label of each span, where the columns of spans are named.</param>
    /// <param name="textColumnName">The text column: a vector of words; or text, whose words are those between blanks where labels are tags, and are cut at signs as well where labels are spans.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>. Encoders read what stands behind a word as well, and tag better.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of tags to add.</param>
    /// <param name="entityColumnName">What the names of the columns of entities to add begin with.</param>
    /// <param name="spanStartColumnName">The column of the first character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="spanEndColumnName">The column of the end behind the last character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="scheme">The scheme of tags that spans become: <see cref="TaggingScheme.Iob2"/> (default), <see cref="TaggingScheme.Iobes"/> or <see cref="TaggingScheme.Bilou"/>. Tags are taken as they are.</param>
    /// <param name="exampleWeightColumnName">The column of how much the words of each row count in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, one column of spans is named without the other, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneTokensWithDispersionEstimator FineTuneTokensWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string entityColumnName = "Entity",
        string? spanStartColumnName = null,
        string? spanEndColumnName = null,
        TaggingScheme scheme = TaggingScheme.Iob2,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, entityColumnName, spanStartColumnName, spanEndColumnName, scheme, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a tagger of words with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneTokensWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column: a vector of text, or of keys of text, with a tag for each word; or a vector of text with the label of each span, where the columns of spans are named.</param>
    /// <param name="textColumnName">The text column: a vector of words; or text, whose words are those between blanks where labels are tags, and are cut at signs as well where labels are spans.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="spanStartColumnName">The column of the first character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="spanEndColumnName">The column of the end behind the last character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="exampleWeightColumnName">The column of how much the words of each row count in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneTokensWithDispersionEstimator FineTuneTokensWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? spanStartColumnName = null,
        string? spanEndColumnName = null,
        string? exampleWeightColumnName = null) =>
        catalog.FineTuneTokensWithDispersion(
            labelColumnName,
            textColumnName,
            backbone,
            FewOptions.Of(epochs, batchSize, learningRate),
            spanStartColumnName: spanStartColumnName,
            spanEndColumnName: spanEndColumnName,
            exampleWeightColumnName: exampleWeightColumnName);

    /// <summary>Opens a token classifier of Hugging Face's library (<c>ForTokenClassification</c>) as a transformer that is ready to tag: its head and its tags come with it.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The classifier's files: config.json, model.safetensors and tokenizer files.</param>
    /// <param name="textColumnName">The text column: text, or a vector of words.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of tags to add.</param>
    /// <param name="entityColumnName">What the names of the columns of entities to add begin with.</param>
    /// <param name="cutting">How texts are cut into words. Default: at white space and signs.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no head for tokens, or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneTokensWithDispersionTransformer OpenTokenClassifier(
        this MLContext ml,
        ModelSource model,
        string textColumnName = "Text",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string entityColumnName = "Entity",
        WordCutting cutting = WordCutting.Signs)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        return FineTuneTokensWithDispersionTransformer.Open(ml, new TokenColumns("Label", textColumnName, scoreColumnName, predictedLabelColumnName, entityColumnName), cutting, model);
    }

    /// <summary>Compares found tags, and the entities that they make, with true ones.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both, such as <c>model.Transform(test)</c>. Where labels are spans, turn them into tags first (<see cref="WordText.Tag"/>).</param>
    /// <param name="labelColumnName">The true tags, a vector of text, or of keys of text.</param>
    /// <param name="predictedLabelColumnName">The found tags.</param>
    /// <param name="scheme">The scheme by which broken runs of tags are no entities (seqeval's strict mode); null (default) for <see cref="EntityTags.ReadAny"/>, which is seqeval's default for BIO.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or a row has not one found tag for each true one.</exception>
    public static TokenMetrics EvaluateTokens(this MLContext ml, IDataView scored, string labelColumnName = "Label", string predictedLabelColumnName = "PredictedLabel", TaggingScheme? scheme = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        IReadOnlyList<string>[] truth = TagValues.Read(scored, labelColumnName), found = TagValues.Read(scored, predictedLabelColumnName);
        return new TokenMetrics
        {
            TokenAccuracy = EntityMetrics.TokenAccuracy(truth, found),
            Entities = scheme is null ? EntityMetrics.Of([.. truth.Select(EntityTags.ReadAny)], [.. found.Select(EntityTags.ReadAny)]) : EntityMetrics.Of(truth, found, scheme),
        };
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows, whose labels are tags.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="labelColumnName">The true tags.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<TokenMetrics>> CrossValidateTokens(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string labelColumnName = "Label", string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<TokenMetrics>.Of(ml, data, estimator, scored => ml.EvaluateTokens(scored, labelColumnName), folds, samplingKeyColumnName, seed);
    }
}
