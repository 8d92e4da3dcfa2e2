using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers the estimator at the end of any chain of estimators.</summary>
public static class DispersionPipelineExtensions
{
    /// <summary>Appends fine-tuning with the dispersion regulariser to an estimator: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <param name="start">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="sentence2ColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
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
        string? sentence2ColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return start.Append(new FineTuneWithDispersionEstimator(ml, labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, sentence2ColumnName));
    }

    /// <summary>Appends fine-tuning with the dispersion regulariser to a chain: see <see cref="FineTuneWithDispersionEstimator"/>.</summary>
    /// <typeparam name="TLast">What the chain's last estimator is trained into.</typeparam>
    /// <param name="chain">What comes before.</param>
    /// <param name="ml">The context.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/> (<c>Conversion.MapValueToKey</c> makes it).</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="sentence2ColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts.</param>
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
        string? sentence2ColumnName = null)
        where TLast : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Append(new FineTuneWithDispersionEstimator(ml, labelColumnName, textColumnName, backbone, options, scoreColumnName, predictedLabelColumnName, sentence2ColumnName));
    }
}
