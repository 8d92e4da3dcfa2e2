using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Evaluates language models over data that they scored; ML.NET has no evaluator for them.</summary>
public static class LanguageModelEvaluationCatalog
{
    /// <summary>Adds up what a language model says of texts.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with what the model added, such as <c>model.Transform(test)</c>.</param>
    /// <param name="logLikelihoodColumnName">The column of log-likelihoods (<see cref="float"/>).</param>
    /// <param name="tokenCountColumnName">The column of tokens (<see cref="int"/>).</param>
    /// <returns>The likelihood of a token over all texts.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or no text has a token.</exception>
    public static LanguageModelMetrics EvaluateLanguageModel(this MLContext ml, IDataView scored, string logLikelihoodColumnName = "LogLikelihood", string tokenCountColumnName = "TokenCount")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        (double LogLikelihood, int Tokens)[] rows = [.. EvaluatedColumns.SumsWithCounts(scored, logLikelihoodColumnName, tokenCountColumnName).Where(row => row.Count > 0)];
        long tokens = rows.Sum(row => (long)row.Tokens);
        return tokens > 0
            ? new LanguageModelMetrics { Texts = rows.Length, Tokens = tokens, MeanNegativeLogLikelihood = -rows.Sum(row => row.LogLikelihood) / tokens }
            : throw new ArgumentException("No row has a text with a token. Give texts that are not blank.", nameof(scored));
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted; its added columns have their usual names.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<LanguageModelMetrics>> CrossValidateLanguageModel(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<LanguageModelMetrics>.Of(ml, data, estimator, scored => ml.EvaluateLanguageModel(scored), folds, samplingKeyColumnName, seed);
    }
}
