using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers language models at the end of any chain of estimators.</summary>
public static class LanguageModelPipelineExtensions
{
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
