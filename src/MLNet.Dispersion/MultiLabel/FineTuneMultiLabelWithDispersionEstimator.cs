using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to say which of several labels a text has, any number of them, with the dispersion regulariser added to the task's loss, the logistic loss of each label.</summary>
/// <remarks>
/// <para>Reads two columns, or three for pairs of texts: the text (text), the second text (text) and the labels (vector of known length of <see cref="bool"/>; or of <see cref="float"/>: 1, 0, and NaN where it is not known, which leaves the row out).</para>
/// <para>Adds two: the predicted labels (vector of <see cref="bool"/>) and the score (vector of <see cref="float"/>, the probability of each label by itself), with the label column's slot names.</para>
/// <list type="table">
/// <item><term>Task</term><description>Multi-label text classification</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack labels or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>.</para>
/// </remarks>
public sealed class FineTuneMultiLabelWithDispersionEstimator : FineTuneEstimator<FineTuneMultiLabelWithDispersionTransformer>
{
    // A shape speaks of vectors but not of how long they are: any number of labels promises the same.
    private const int PromisedLabelCount = 1;

    private readonly MultiLabelColumns _columns;
    private readonly bool _tuneThresholds;

    /// <summary>Creates the estimator; <c>ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column, a vector of <see cref="bool"/>; or of <see cref="float"/>: 1, 0, and NaN where it is not known.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of found labels to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts. A pair is one sequence: see <see cref="FineTunedTextModel"/>.</param>
    /// <param name="tuneThresholds">Whether the probability from which on a label counts as found is tuned, for the highest F1 of each label, on the rows that <see cref="FineTuneOptions.ValidationFraction"/> holds out. Default false: 0.5 each.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneMultiLabelWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        bool tuneThresholds = false,
        string? exampleWeightColumnName = null)
        : this(environment, new MultiLabelColumns(labelColumnName, textColumnName, secondTextColumnName, scoreColumnName, predictedLabelColumnName) { ExampleWeight = exampleWeightColumnName }, backbone, options, tuneThresholds)
    {
    }

    private FineTuneMultiLabelWithDispersionEstimator(IHostEnvironment environment, MultiLabelColumns columns, ModelSource? backbone, FineTuneOptions? options, bool tuneThresholds)
        : base(environment, nameof(FineTuneMultiLabelWithDispersionEstimator), columns, backbone, options) => (_columns, _tuneThresholds) = (columns, tuneThresholds);

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.MultiLabelClassification, Text = columns.Text, Label = columns.Label, Score = columns.Score, PredictedLabel = _columns.PredictedLabel };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneMultiLabelWithDispersionEstimator(Host, _columns, Backbone, options, _tuneThresholds);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckLabel(Host, input);
        return AddedColumns.Alone((builder, setId) => _columns.AddTo(builder, setId, PromisedLabelCount, []));
    }

    private protected override FineTuneMultiLabelWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        DataViewSchema.Column label = input.Schema[_columns.Label];
        int labelCount = MultiLabelColumns.LabelCount(label);
        string[]? names = MultiLabelColumns.NamesOf(label);
        MultiLabelRows rows = run.Read(new MultiLabelRows(_columns, names, run.Storage), input);
        TextMultiLabelClassifier classifier = run.Train(
            rows,
            string.Create(CultureInfo.InvariantCulture, $"of {labelCount} labels"),
            options => TextMultiLabelClassifier.Train(run.Backbone, rows.Texts, rows.Labels, labelCount, options, rows.SecondTexts, names, _tuneThresholds, rows.Weights, run.Metric<TextMultiLabelClassifier>(Transformer)));
        return Transformer(classifier);

        FineTuneMultiLabelWithDispersionTransformer Transformer(TextMultiLabelClassifier model) => new(Host, _columns, run.Backbone.Name, names ?? [], model);
    }
}
