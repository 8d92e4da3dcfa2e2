using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Offers language models on the <see cref="MLContext"/> itself, without a way through ML.NET's catalogs.</summary>
public static class LanguageModelContextExtensions
{
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
}
