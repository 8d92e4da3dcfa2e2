using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to answer yes or no to texts, with the dispersion regulariser added to the task's loss, the logistic loss.</summary>
/// <remarks>
/// <para>Reads two columns, or three for pairs of texts: the text (text), the second text (text) and the label (<see cref="bool"/>; or <see cref="float"/>: 1, 0, and NaN where it is missing).</para>
/// <para>Adds three: the predicted label (<see cref="bool"/>), the score (<see cref="float"/>, the logarithm of the odds of yes) and the probability (<see cref="float"/>, the sigmoid of the score).</para>
/// <list type="table">
/// <item><term>Task</term><description>Binary text classification</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack a label or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>.</para>
/// </remarks>
public sealed class FineTuneBinaryWithDispersionEstimator : FineTuneEstimator<FineTuneBinaryWithDispersionTransformer>
{
    private readonly BinaryColumns _columns;

    /// <summary>Creates the estimator; <c>ml.BinaryClassification.Trainers.FineTuneWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column, <see cref="bool"/>; or <see cref="float"/>: 1, 0, and NaN where it is missing.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="probabilityColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of answers to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts. A pair is one sequence: see <see cref="FineTunedTextModel"/>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneBinaryWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string probabilityColumnName = "Probability",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
        : this(environment, new BinaryColumns(labelColumnName, textColumnName, secondTextColumnName, scoreColumnName, probabilityColumnName, predictedLabelColumnName) { ExampleWeight = exampleWeightColumnName }, backbone, options)
    {
    }

    private FineTuneBinaryWithDispersionEstimator(IHostEnvironment environment, BinaryColumns columns, ModelSource? backbone, FineTuneOptions? options)
        : base(environment, nameof(FineTuneBinaryWithDispersionEstimator), columns, backbone, options) => _columns = columns;

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.BinaryClassification, Text = columns.Text, Label = columns.Label, Score = columns.Score, PredictedLabel = _columns.PredictedLabel };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneBinaryWithDispersionEstimator(Host, _columns, Backbone, options);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckLabel(Host, input);
        return AddedColumns.Alone(_columns.AddTo);
    }

    private protected override FineTuneBinaryWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        BinaryRows rows = run.Read(new BinaryRows(_columns, run.Storage), input);
        TextBinaryClassifier classifier = run.Train(rows, "of yes and no", options => TextBinaryClassifier.Train(run.Backbone, rows.Texts, rows.Labels, options, rows.SecondTexts, rows.Weights, run.Metric<TextBinaryClassifier>(Transformer)));
        return Transformer(classifier);

        FineTuneBinaryWithDispersionTransformer Transformer(TextBinaryClassifier model) => new(Host, _columns, run.Backbone.Name, model);
    }
}
