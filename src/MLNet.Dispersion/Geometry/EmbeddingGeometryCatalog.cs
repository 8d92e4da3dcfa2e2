using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers geometry diagnostics where ML.NET's own text transforms are found, on the <see cref="MLContext"/> itself, and at the end of any chain of estimators.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView texts = ml.Data.LoadFromBinary("texts.idv");   // column Text
/// using var model = ml.Transforms.Text.MeasureEmbeddingGeometry("Text", ModelSource.TinyEnglish).Fit(texts);
/// IDataView measured = model.Transform(texts);   // adds Geometry.MeanCosine, one number a layer, and others
/// </code>
/// </example>
public static class EmbeddingGeometryCatalog
{
    /// <summary>Measures the geometry of a pretrained language model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model to be measured; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">The text column has no name or that of an added column, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static EmbeddingGeometryEstimator MeasureEmbeddingGeometry(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        EmbeddingGeometryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), textColumnName, backbone, options);
    }

    /// <summary>Measures the geometry of a fine-tuned model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. It stays the caller's and must outlive what measures it.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; the text column has no name or that of an added column; or an option is outside its range. The message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the extension of <see cref="MLContext"/>.</exception>
    public static EmbeddingGeometryEstimator MeasureEmbeddingGeometry(
        this TransformsCatalog.TextTransforms catalog,
        string textColumnName,
        ITransformer fitted,
        EmbeddingGeometryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), textColumnName, fitted, options);
    }

    /// <summary>Measures the geometry of a pretrained language model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model to be measured; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">The text column has no name or that of an added column, or an option is outside its range; the message names it.</exception>
    public static EmbeddingGeometryEstimator MeasureEmbeddingGeometry(
        this MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        EmbeddingGeometryOptions? options = null) =>
        new(ml, textColumnName, backbone, options);

    /// <summary>Measures the geometry of a fine-tuned model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. It stays the caller's and must outlive what measures it.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; the text column has no name or that of an added column; or an option is outside its range. The message names it.</exception>
    public static EmbeddingGeometryEstimator MeasureEmbeddingGeometry(
        this MLContext ml,
        string textColumnName,
        ITransformer fitted,
        EmbeddingGeometryOptions? options = null) =>
        new(ml, textColumnName, fitted, options);

    /// <summary>Appends, to an estimator, measuring the geometry of a pretrained language model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="start">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model to be measured; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">The text column has no name or that of an added column, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<EmbeddingGeometryTransformer> MeasureEmbeddingGeometry(
        this IEstimator<ITransformer> start,
        MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        EmbeddingGeometryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return start.Append(new EmbeddingGeometryEstimator(ml, textColumnName, backbone, options));
    }

    /// <summary>Appends, to an estimator, measuring the geometry of a fine-tuned model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <param name="start">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. It stays the caller's and must outlive what measures it.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; the text column has no name or that of an added column; or an option is outside its range. The message names it.</exception>
    public static EstimatorChain<EmbeddingGeometryTransformer> MeasureEmbeddingGeometry(
        this IEstimator<ITransformer> start,
        MLContext ml,
        string textColumnName,
        ITransformer fitted,
        EmbeddingGeometryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return start.Append(new EmbeddingGeometryEstimator(ml, textColumnName, fitted, options));
    }

    /// <summary>Appends, to a chain, measuring the geometry of a pretrained language model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <typeparam name="TLast">What the chain's last estimator is trained into.</typeparam>
    /// <param name="chain">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model to be measured; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">The text column has no name or that of an added column, or an option is outside its range; the message names it.</exception>
    public static EstimatorChain<EmbeddingGeometryTransformer> MeasureEmbeddingGeometry<TLast>(
        this EstimatorChain<TLast> chain,
        MLContext ml,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        EmbeddingGeometryOptions? options = null)
        where TLast : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Append(new EmbeddingGeometryEstimator(ml, textColumnName, backbone, options));
    }

    /// <summary>Appends, to a chain, measuring the geometry of a fine-tuned model's hidden states for each row's text: see <see cref="EmbeddingGeometryTransformer"/>.</summary>
    /// <typeparam name="TLast">What the chain's last estimator is trained into.</typeparam>
    /// <param name="chain">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. It stays the caller's and must outlive what measures it.</param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; the text column has no name or that of an added column; or an option is outside its range. The message names it.</exception>
    public static EstimatorChain<EmbeddingGeometryTransformer> MeasureEmbeddingGeometry<TLast>(
        this EstimatorChain<TLast> chain,
        MLContext ml,
        string textColumnName,
        ITransformer fitted,
        EmbeddingGeometryOptions? options = null)
        where TLast : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Append(new EmbeddingGeometryEstimator(ml, textColumnName, fitted, options));
    }
}
