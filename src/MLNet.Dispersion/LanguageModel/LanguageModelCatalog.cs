using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers language models where ML.NET's own text transforms are found, on the <see cref="MLContext"/> itself, and at the end of any chain of estimators.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView texts = ml.Data.LoadFromBinary("texts.idv");   // column Text
/// using var model = ml.Transforms.Text.ApplyLanguageModel("Text", ModelSource.TinyEnglish).Fit(texts);
/// IDataView withFeatures = model.Transform(texts);   // adds Features, TokenCount, LogLikelihood and Perplexity
/// </code>
/// </example>
public static class LanguageModelCatalog
{
    /// <summary>Fine-tunes a small pretrained language model on texts, with the dispersion regulariser, for feature vectors, likelihoods and continuations: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="training">How to train; null for the defaults. Copied.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static LanguageModelEstimator FineTuneLanguageModelWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? training = null,
        LanguageModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), textColumnName, backbone, training, options);
    }

    /// <summary>Fine-tunes a small pretrained language model on texts with the numbers that most callers set, all other options at their defaults: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Blocks of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <exception cref="ArgumentException">A column has no name, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static LanguageModelEstimator FineTuneLanguageModelWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null) =>
        catalog.FineTuneLanguageModelWithDispersion(textColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate));

    /// <summary>Takes a pretrained language model as it is, for feature vectors, likelihoods and continuations: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static LanguageModelEstimator ApplyLanguageModel(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        LanguageModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return LanguageModelEstimator.WithoutTraining(CatalogEnvironment.Of(catalog), textColumnName, backbone, options);
    }

    /// <summary>Fine-tunes a small pretrained language model on texts, with the dispersion regulariser, for feature vectors, likelihoods and continuations: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="training">How to train; null for the defaults. Copied.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static LanguageModelEstimator FineTuneLanguageModelWithDispersion(
        this MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? training = null,
        LanguageModelOptions? options = null) =>
        new(ml, textColumnName, backbone, training, options);

    /// <summary>Takes a pretrained language model as it is, for feature vectors, likelihoods and continuations: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static LanguageModelEstimator ApplyLanguageModel(
        this MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        LanguageModelOptions? options = null) =>
        LanguageModelEstimator.WithoutTraining(ml, textColumnName, backbone, options);

    /// <summary>Appends, to an estimator, fine-tuning a language model with the dispersion regulariser: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <param name="start">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="training">How to train; null for the defaults. Copied.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<LanguageModelTransformer> FineTuneLanguageModelWithDispersion(
        this IEstimator<ITransformer> start,
        MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? training = null,
        LanguageModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return start.Append(new LanguageModelEstimator(ml, textColumnName, backbone, training, options));
    }

    /// <summary>Appends, to a chain, fine-tuning a language model with the dispersion regulariser: see <see cref="LanguageModelEstimator"/>.</summary>
    /// <typeparam name="TLast">What the chain's last estimator is trained into.</typeparam>
    /// <param name="chain">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="training">How to train; null for the defaults. Copied.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<LanguageModelTransformer> FineTuneLanguageModelWithDispersion<TLast>(
        this EstimatorChain<TLast> chain,
        MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? training = null,
        LanguageModelOptions? options = null)
        where TLast : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Append(new LanguageModelEstimator(ml, textColumnName, backbone, training, options));
    }
}
