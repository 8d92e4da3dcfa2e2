using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to find the answer to a question in a context, word for word, with the dispersion regulariser added to the task's loss, the cross-entropies of the answer's start and end.</summary>
/// <remarks>
/// <para>Reads four columns, named as ML.NET's own trainer for questions names them: the context, the question and the right answer (text), and the answer's first character in the context (<see cref="int"/>). An empty answer says that the context holds none.</para>
/// <para>Adds the best answers with scores and places: see <see cref="FineTuneAnswersWithDispersionTransformer"/>. How long contexts are read is said at <see cref="TextQuestionAnswerer"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Extractive question answering</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. A row whose answer does not stand in its context where it says is refused by its number.</para>
/// </remarks>
public sealed class FineTuneAnswersWithDispersionEstimator : FineTuneEstimator<FineTuneAnswersWithDispersionTransformer>
{
    private readonly AnswerColumns _columns;
    private readonly int _topAnswers;
    private readonly QuestionAnsweringOptions _answering;

    /// <summary>Creates the estimator; <c>ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="contextColumnName">The column of contexts, text.</param>
    /// <param name="questionColumnName">The column of questions, text.</param>
    /// <param name="trainingAnswerColumnName">The column of right answers, text, word for word from the context; empty where the context holds none.</param>
    /// <param name="answerIndexColumnName">The column of the first character of each in its context, <see cref="int"/>, in UTF-16 units from 0; of no meaning where there is none.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="predictedAnswerColumnName">The column of answers to add; those of places begin with its name.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="topAnswers">How many answers to give to each question at most, 1 to 20. Default 3.</param>
    /// <param name="answering">How contexts are read and answers are chosen; null for the defaults. Copied.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneAnswersWithDispersionEstimator(
        IHostEnvironment environment,
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
        : this(
            environment,
            new AnswerColumns(trainingAnswerColumnName, answerIndexColumnName, contextColumnName, questionColumnName, scoreColumnName, predictedAnswerColumnName) { ExampleWeight = exampleWeightColumnName },
            backbone,
            options,
            topAnswers,
            answering)
    {
    }

    private FineTuneAnswersWithDispersionEstimator(IHostEnvironment environment, AnswerColumns columns, ModelSource? backbone, FineTuneOptions? options, int topAnswers, QuestionAnsweringOptions? answering)
        : base(environment, nameof(FineTuneAnswersWithDispersionEstimator), columns, backbone, options)
    {
        TextQuestionAnswerer.CheckCount(topAnswers);
        _answering = answering?.Clone() ?? new QuestionAnsweringOptions();
        _answering.Validate();
        (_columns, _topAnswers) = (columns, topAnswers);
    }

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.QuestionAnswering, Text = columns.Text, Label = columns.Label, Score = columns.Score, PredictedLabel = _columns.Answer };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneAnswersWithDispersionEstimator(Host, _columns, Backbone, options, _topAnswers, _answering);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckLabel(Host, input);
        return AddedColumns.Alone(_columns.AddTo);
    }

    private protected override FineTuneAnswersWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        QuestionRows rows = run.Read(new QuestionRows(_columns, run.Storage), input);
        TextQuestionAnswerer answerer = run.Train(
            rows,
            "of questions",
            options => TextQuestionAnswerer.Train(run.Backbone, rows.SecondTexts!, rows.Texts, rows.Labels, options, _answering, rows.Weights, run.Metric<TextQuestionAnswerer>(Transformer)));
        return Transformer(answerer);

        FineTuneAnswersWithDispersionTransformer Transformer(TextQuestionAnswerer model) => new(Host, _columns, _topAnswers, run.Backbone.Name, model);
    }
}
