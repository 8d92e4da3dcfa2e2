using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Offers extractive question answering beside ML.NET's multiclass trainers.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Statistics;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("questions.idv");   // columns Context, Question, TrainingAnswer (text) and AnswerIndex (Int32)
/// var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
/// using var model = ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion().Fit(split.TrainSet);
/// QuestionAnsweringMetrics metrics = ml.EvaluateQuestionAnswering(model.Transform(split.TestSet));
/// Console.WriteLine($"exact {metrics.All.Exact:0.00}, F1 {metrics.All.F1:0.00}");
/// </code>
/// </example>
public static class DispersionQuestionAnsweringCatalog
{
    /// <summary>Fine-tunes a small pretrained language model into a question answerer, with the dispersion regulariser: see <see cref="FineTuneAnswersWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="contextColumnName">The column of contexts, text.</param>
    /// <param name="questionColumnName">The column of questions, text.</param>
    /// <param name="trainingAnswerColumnName">The column of right answers, text, word for word from the context; empty where the context holds none.</param>
    /// <param name="answerIndexColumnName">The column of the first character of each in its context, <see cref="int"/>, in UTF-16 units from 0; of no meaning where there is none.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied.</param>
    /// <param name="predictedAnswerColumnName">The column of answers to add; those of places begin with its name.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="topAnswers">How many answers to give to each question at most, 1 to 20. Default 3.</param>
    /// <param name="answering">How contexts are read and answers are chosen; null for the defaults. Copied.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneAnswersWithDispersionEstimator FineTuneAnswersWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string contextColumnName = "Context",
        string questionColumnName = "Question",
        string trainingAnswerColumnName = "TrainingAnswer",
        string answerIndexColumnName = "AnswerIndex",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string predictedAnswerColumnName = "Answer",
        string scoreColumnName = "Score",
        int topAnswers = 3,
        QuestionAnsweringOptions? answering = null,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogEnvironment.Of(catalog), contextColumnName, questionColumnName, trainingAnswerColumnName, answerIndexColumnName, backbone, options, predictedAnswerColumnName, scoreColumnName, topAnswers, answering, exampleWeightColumnName);
    }

    /// <summary>Fine-tunes a small pretrained language model into a question answerer with the numbers that most callers set, all other options at their defaults: see <see cref="FineTuneAnswersWithDispersionEstimator"/>.</summary>
    /// <param name="catalog">The catalog of trainers, <c>ml.MulticlassClassification.Trainers</c>.</param>
    /// <param name="contextColumnName">The column of contexts, text.</param>
    /// <param name="questionColumnName">The column of questions, text.</param>
    /// <param name="trainingAnswerColumnName">The column of right answers, text, word for word from the context; empty where the context holds none.</param>
    /// <param name="answerIndexColumnName">The column of the first character of each in its context, <see cref="int"/>, in UTF-16 units from 0; of no meaning where there is none.</param>
    /// <param name="epochs">Passes over the training data, at least 1: <see cref="FineTuneOptions.Epochs"/>.</param>
    /// <param name="batchSize">Rows of an optimizer step, at least 1: <see cref="FineTuneOptions.MicroBatchSize"/>.</param>
    /// <param name="learningRate">The highest learning rate of the schedule, above 0: <see cref="FineTuneOptions.LearningRate"/>; null (default) for one that fits the backbone's size.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="topAnswers">How many answers to give to each question at most, 1 to 20. Default 3.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or a number is outside its range; the message names it.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let the catalog's environment be found: use the estimator's constructor.</exception>
    public static FineTuneAnswersWithDispersionEstimator FineTuneAnswersWithDispersion(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string contextColumnName,
        string questionColumnName,
        string trainingAnswerColumnName,
        string answerIndexColumnName,
        int epochs,
        int batchSize = 16,
        double? learningRate = null,
        ModelSource? backbone = null,
        int topAnswers = 3) =>
        catalog.FineTuneAnswersWithDispersion(contextColumnName, questionColumnName, trainingAnswerColumnName, answerIndexColumnName, backbone, FewOptions.Of(epochs, batchSize, learningRate), topAnswers: topAnswers);

    /// <summary>Opens a model for questions of Hugging Face's library (<c>ForQuestionAnswering</c>) as a transformer that is ready to answer: its head comes with it.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model's files: config.json, model.safetensors and tokenizer files.</param>
    /// <param name="contextColumnName">The column of contexts, text.</param>
    /// <param name="questionColumnName">The column of questions, text.</param>
    /// <param name="predictedAnswerColumnName">The column of answers to add; those of places begin with its name.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="topAnswers">How many answers to give to each question at most, 1 to 20. Default 3.</param>
    /// <param name="answering">How contexts are read and answers are chosen; null for the defaults, by which it always answers. Copied.</param>
    /// <returns>The transformer, which the caller disposes; it saves into an ML.NET zip as a fitted one does.</returns>
    /// <exception cref="ArgumentException">The files hold no head for answers, or a column has no name or shares another's.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged; the message names file, field and cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static FineTuneAnswersWithDispersionTransformer OpenQuestionAnswerer(
        this MLContext ml,
        ModelSource model,
        string contextColumnName = "Context",
        string questionColumnName = "Question",
        string predictedAnswerColumnName = "Answer",
        string scoreColumnName = "Score",
        int topAnswers = 3,
        QuestionAnsweringOptions? answering = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        TextQuestionAnswerer.CheckCount(topAnswers);
        return FineTuneAnswersWithDispersionTransformer.Open(ml, new AnswerColumns("TrainingAnswer", "AnswerIndex", contextColumnName, questionColumnName, scoreColumnName, predictedAnswerColumnName), topAnswers, model, answering);
    }

    /// <summary>Compares found answers with right ones, as the scripts of the Stanford Question Answering Dataset do: the best answer of each row, whether or not it is "no answer".</summary>
    /// <param name="ml">The context.</param>
    /// <param name="scored">Rows with both, such as <c>model.Transform(test)</c>.</param>
    /// <param name="answerColumnName">The right answers: text, or a vector of text where several count as right; empty where there is none.</param>
    /// <param name="predictedAnswerColumnName">The found answers, a vector of text whose first entry counts.</param>
    /// <param name="rules">By which script. Default: that of version 2.0.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public static QuestionAnsweringMetrics EvaluateQuestionAnswering(
        this MLContext ml, IDataView scored, string answerColumnName = "TrainingAnswer", string predictedAnswerColumnName = "Answer", AnswerRules rules = AnswerRules.Squad2)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(scored);
        return QuestionAnsweringMetrics.Of(
            [
                .. AnswerTexts.Read(scored, answerColumnName).Zip(AnswerTexts.Read(scored, predictedAnswerColumnName))
                    .Select(row => new AnsweredQuestion { Prediction = row.Second.FirstOrDefault(""), Answers = [.. row.First.Where(answer => answer.Length > 0)] }),
            ],
            rules);
    }

    /// <summary>Fits on all folds but one, evaluates on that one, in turn.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What is fitted.</param>
    /// <param name="folds">How many folds, at least 2.</param>
    /// <param name="answerColumnName">The right answers.</param>
    /// <param name="samplingKeyColumnName">Rows of the same value here, such as a context, stay together in one fold; null (default) for none.</param>
    /// <param name="seed">Of the folds; null for the context's.</param>
    /// <returns>One result a fold. Dispose the models.</returns>
    public static IReadOnlyList<CrossValidationFold<QuestionAnsweringMetrics>> CrossValidateQuestionAnswering(
        this MLContext ml, IDataView data, IEstimator<ITransformer> estimator, int folds = 5, string answerColumnName = "TrainingAnswer", string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        return CrossValidationFold<QuestionAnsweringMetrics>.Of(ml, data, estimator, scored => ml.EvaluateQuestionAnswering(scored, answerColumnName), folds, samplingKeyColumnName, seed);
    }
}
