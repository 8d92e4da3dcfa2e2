using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers tuning on instructions and on preferences, which ML.NET itself has no catalog for, among its text transforms.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("questions.idv");   // columns Prompt and Completion
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// var options = new FineTuneInstructionsOptions { Backbone = ModelSource.FromDirectory("SmolLM2-135M-Instruct"), Training = { Lora = new LoraOptions() } };
/// using var model = ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(split.TrainSet);
/// InstructionMetrics metrics = ml.EvaluateInstructions(model.Transform(split.TestSet));
/// Console.WriteLine($"perplexity {metrics.Perplexity:0.00}, token accuracy {metrics.TokenAccuracy:P1}");
/// </code>
/// </example>
public static class DispersionInstructionsCatalog
{
    /// <summary>Tunes a small pretrained causal language model on instructions, with the dispersion regulariser: see <see cref="FineTuneInstructionsWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="options">Columns, model and training; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneInstructionsWithDispersionEstimator FineTuneInstructionsWithDispersion(this TransformsCatalog.TextTransforms catalog, FineTuneInstructionsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), options);
    }

    /// <summary>Tunes a small pretrained causal language model on prompts with their completions with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneInstructionsWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="promptColumnName">The column of prompts.</param>
    /// <param name="completionColumnName">The column of completions.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneInstructionsWithDispersionEstimator FineTuneInstructionsWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string promptColumnName,
        string completionColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? exampleWeightColumnName = null) => catalog.FineTuneInstructionsWithDispersion(new FineTuneInstructionsOptions
        {
            PromptColumnName = promptColumnName,
            CompletionColumnName = completionColumnName,
            Backbone = backbone,
            Training = FewOptions.Of(epochs, batchSize, learningRate),
            ExampleWeightColumnName = exampleWeightColumnName,
        });

    /// <summary>Tunes a small pretrained causal language model on preference pairs, with the dispersion regulariser: see <see cref="FineTunePreferencesWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="options">Columns, model, losses and training; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTunePreferencesWithDispersionEstimator FineTunePreferencesWithDispersion(this TransformsCatalog.TextTransforms catalog, FineTunePreferencesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), options);
    }

    /// <summary>Tunes a small pretrained causal language model on preference pairs with the numbers that most callers set, all other options at their defaults: see <see cref="FineTunePreferencesWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="promptColumnName">The column of prompts.</param>
    /// <param name="chosenColumnName">The column of the better answers.</param>
    /// <param name="rejectedColumnName">The column of the worse answers.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Pairs of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each pair counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTunePreferencesWithDispersionEstimator FineTunePreferencesWithDispersion(
        this TransformsCatalog.TextTransforms catalog,
        string promptColumnName,
        string chosenColumnName,
        string rejectedColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        string? exampleWeightColumnName = null) => catalog.FineTunePreferencesWithDispersion(new FineTunePreferencesOptions
        {
            PromptColumnName = promptColumnName,
            ChosenColumnName = chosenColumnName,
            RejectedColumnName = rejectedColumnName,
            Backbone = backbone,
            Training = FewOptions.Of(epochs, batchSize, learningRate),
            ExampleWeightColumnName = exampleWeightColumnName,
        });

    /// <summary>Adds up what a model says of the answers that rows have.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with what the model added, such as <c>model.Transform(test)</c>.</param>
    /// <param name="logLikelihoodColumnName">The column of log-likelihoods (<see cref="float"/>).</param>
    /// <param name="tokenCountColumnName">The column of tokens (<see cref="int"/>).</param>
    /// <param name="rightTokenCountColumnName">The column of those that are the likeliest ones (<see cref="int"/>).</param>
    /// <returns>Perplexity and accuracy over the tokens of all answers.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or no row has an answer.</exception>
    public static InstructionMetrics EvaluateInstructions(
        this MLContext ml, IDataView scored, string logLikelihoodColumnName = "LogLikelihood", string tokenCountColumnName = "TokenCount", string rightTokenCountColumnName = "RightTokenCount")
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        DataViewSchema.Column likelihood = Find(scored, logLikelihoodColumnName, NumberDataViewType.Single);
        DataViewSchema.Column tokens = Find(scored, tokenCountColumnName, NumberDataViewType.Int32);
        DataViewSchema.Column right = Find(scored, rightTokenCountColumnName, NumberDataViewType.Int32);
        var answers = new List<AnswerScore>();
        using DataViewRowCursor cursor = scored.GetRowCursor([likelihood, tokens, right]);
        ValueGetter<float> readLikelihood = cursor.GetGetter<float>(likelihood);
        ValueGetter<int> readTokens = cursor.GetGetter<int>(tokens), readRight = cursor.GetGetter<int>(right);
        float sum = 0;
        int count = 0, best = 0;
        while (cursor.MoveNext())
        {
            readLikelihood(ref sum);
            readTokens(ref count);
            readRight(ref best);
            answers.Add(new AnswerScore(sum, count, best, Truncated: false));
        }

        InstructionMetrics metrics = InstructionMetrics.Of(answers);
        return metrics.Tokens > 0 ? metrics : throw new ArgumentException($"None of the {answers.Count} rows has an answer to compare with. Give rows with completions, or conversations with turns of the assistant.", nameof(scored));
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted; its added columns have their usual names.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<InstructionMetrics>> CrossValidateInstructions(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<InstructionMetrics>.Of(ml, data, estimator, scored => ml.EvaluateInstructions(scored), folds, samplingKeyColumnName, seed);
    }

    private static DataViewSchema.Column Find(IDataView data, string name, DataViewType type) => data.Schema.GetColumnOrNull(name) is { } column
        ? column.Type == type ? column : throw new ArgumentException($"Column '{name}' is {column.Type}; it must be {type}.", nameof(name))
        : throw new ArgumentException($"There is no column '{name}'. The data has {string.Join(", ", data.Schema.Select(other => $"'{other.Name}'"))}.", nameof(name));
}
