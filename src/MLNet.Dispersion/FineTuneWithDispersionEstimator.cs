using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model into a text classifier, with the dispersion regulariser added to the task's loss.</summary>
/// <remarks>
/// <para>Reads two columns, or three for pairs of texts: the text (text), the second text (text) and the label (key of <see cref="uint"/>, as <c>Conversion.MapValueToKey</c> makes it).</para>
/// <para>Adds two: the predicted label (key of <see cref="uint"/>, key values as those of the label) and the score (vector of <see cref="float"/>, class probabilities).</para>
/// <list type="table">
/// <item><term>Task</term><description>Multiclass text classification</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: <see cref="Fit"/> reads the data once, into memory</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>
/// Each trained transformer holds the model's weights until it is disposed: after <c>CrossValidate</c>, dispose the models of its folds.
/// </para>
/// <para>Immutable: the options are copied on entry. <see cref="Fit"/> may be called repeatedly and gives the same model for the same data.</para>
/// </remarks>
public sealed class FineTuneWithDispersionEstimator : IEstimator<FineTuneWithDispersionTransformer>
{
    // A shape speaks of vectors and keys but not of how long they are: any number of classes promises the same.
    private const int PromisedClassCount = 2;

    private readonly IHost _host;
    private readonly ColumnNames _columns;
    private readonly ModelSource _backbone;
    private readonly FineTuneOptions _options;
    private readonly int _seed;

    /// <summary>Creates the estimator; <c>ml.MulticlassClassification.Trainers.FineTuneWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="sentence2ColumnName">The column of the second text, where rows are pairs of texts, such as a premise and a hypothesis; null (default) for single texts.
    /// A pair is one sequence: see <see cref="TextClassifier.Train"/>.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? sentence2ColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        _columns = new ColumnNames(labelColumnName, textColumnName, scoreColumnName, predictedLabelColumnName, sentence2ColumnName);
        _columns.Validate();
        _options = options?.Clone() ?? new FineTuneOptions();
        _options.Validate();
        _backbone = backbone ?? ModelSource.TinyEnglish;
        _host = environment.Register(nameof(FineTuneWithDispersionEstimator));
        _seed = _options.Seed ?? _host.Rand.Next();
    }

    /// <summary>The shape of the data that the trained transformer gives.</summary>
    /// <param name="inputSchema">The shape of the training data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The text or label column is missing or of another type; the message names the column, what was expected and what was found.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumns.CheckTexts(_host, inputSchema, _columns);
        SchemaShape.Column label = InputColumns.CheckLabel(_host, inputSchema, _columns.Label);
        DataViewSchema added = OutputColumns.Alone(_columns, PromisedClassCount, ClassValues.Promised(label, PromisedClassCount));
        return SchemaShapes.Append(inputSchema, added);
    }

    /// <summary>Trains on the rows that have a label. Progress is written to <see cref="MLContext.Log"/>, at the level Info.</summary>
    /// <param name="input">The training data; read once. Rows without a label (key 0) are left out, null and blank texts count as empty, texts longer
    /// than the model reads are cut off: one warning each, with the count.</param>
    /// <returns>The trained transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text or label column is missing or of another type; the message names the column, what was expected and what was found.</exception>
    /// <exception cref="ArgumentException">No row has a label, or all have the same one.</exception>
    /// <exception cref="OperationCanceledException">The options' token or the MLContext was cancelled; nothing is left behind.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated; later, the best weights are kept and a warning is logged.</exception>
    public FineTuneWithDispersionTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(SchemaShapes.Of(input.Schema));
        DataViewSchema.Column label = input.Schema[_columns.Label];
        int classCount = InputColumns.ClassCount(_host, label);
        ClassValues? classes = ClassValues.Of(label, classCount);

        using IChannel channel = _host.Start("Training");
        using var cancellation = new FitCancellation(_host, _options.CancellationToken);
        var rows = TrainingData.Read(input, _columns, classCount, cancellation);
        rows.Warn(channel);
        rows.CheckTrainable(_host, classCount, classes);
        var run = new FineTuneRun(channel, cancellation, _backbone.Name, _columns.TextColumns);
        string what = string.Create(CultureInfo.InvariantCulture, $"on {rows.Texts.Count} rows of {classCount} classes");
        TextClassifier classifier = run.Train(_options, _seed, what, options => TextClassifier.Train(_backbone, rows.Texts, rows.Labels, classCount, options, rows.SecondTexts));
        run.LogResult(classifier.TrainingResult, classifier.TruncatedTrainingRows, rows.Texts.Count, classifier.MaxSequenceLength);
        return new FineTuneWithDispersionTransformer(_host, _columns, _backbone.Name, classes, new FineTunedScorer(classifier));
    }
}
