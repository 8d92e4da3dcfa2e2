using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model into a text regression, with the dispersion regulariser added to the task's loss, the squared error.</summary>
/// <remarks>
/// <para>Reads two columns, or three for pairs of texts: the text (text), the second text (text) and the label (<see cref="float"/>).</para>
/// <para>Adds one: the score (<see cref="float"/>), the prediction in the label's own scale.</para>
/// <list type="table">
/// <item><term>Task</term><description>Text regression</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text; the label is standardised inside, and its scale is kept with the model</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack a label (NaN) or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>; an infinite label is refused.</para>
/// </remarks>
public sealed class FineTuneRegressionWithDispersionEstimator : FineTuneEstimator<FineTuneRegressionWithDispersionTransformer>
{
    private readonly RegressionColumns _columns;
    private readonly bool _lexical;

    /// <summary>Creates the estimator; <c>ml.Regression.Trainers.FineTuneWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column, <see cref="float"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead. Losses in progress and log are squared errors in variances of the labels.</param>
    /// <param name="scoreColumnName">The column of predictions to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts; null (default) for single texts. A pair is one sequence: see <see cref="FineTunedTextModel"/>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneRegressionWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null)
        : this(environment, new RegressionColumns(labelColumnName, textColumnName, secondTextColumnName, scoreColumnName) { ExampleWeight = exampleWeightColumnName }, backbone, options)
    {
    }

    private FineTuneRegressionWithDispersionEstimator(IHostEnvironment environment, RegressionColumns columns, ModelSource? backbone, FineTuneOptions? options, bool lexical = false)
        : base(environment, nameof(FineTuneRegressionWithDispersionEstimator), columns, backbone, options) => (_columns, _lexical) = (columns, lexical);

    /// <summary>
    /// Gives the same estimator with n-grams beside the language model: behind the fine-tuning a linear regression over <see cref="LexicalFeaturesCatalog.LexicalFeatures"/> is fitted to the same rows, and both predictions are added by weights
    /// that are learnt from rows which were held out in turn, so the language model is trained three times more, on two thirds of the rows each; n-grams that do not help get the weight 0.
    /// </summary>
    /// <remarks>The model saves to an ML.NET zip and serves from prediction engines; <c>SavePretrained</c> and <c>SaveOnnx</c>, whose formats have no place for n-grams, refuse it.</remarks>
    /// <exception cref="InvalidOperationException">The estimator reads pairs of texts.</exception>
    public FineTuneRegressionWithDispersionEstimator WithLexicalFeatures() => _columns.SecondText is null
        ? new(Host, _columns, Backbone, TrainingOptions, lexical: true)
        : throw new InvalidOperationException($"The estimator reads pairs of texts ('{_columns.Text}' and '{_columns.SecondText}'); n-grams are of single texts, and say nothing of how two belong together.");

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.Regression, Text = columns.Text, Label = columns.Label, Score = columns.Score };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneRegressionWithDispersionEstimator(Host, _columns, Backbone, options, _lexical);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckLabel(Host, input);
        return AddedColumns.Alone(_columns.AddTo);
    }

    private protected override FineTuneRegressionWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        NumberRows rows = run.Read(new NumberRows(_columns, run.Storage), input);
        TextRegressor regressor = run.Train(rows, "for a regression", options => TextRegressor.Train(run.Backbone, rows.Texts, rows.Labels, options, rows.SecondTexts, rows.Weights, run.Metric<TextRegressor>(model => Transformer(model))));
        try
        {
            return Transformer(regressor, _lexical ? Lexical(rows, run) : null);
        }
        catch
        {
            regressor.Dispose();
            throw;
        }

        FineTuneRegressionWithDispersionTransformer Transformer(TextRegressor model, LexicalNumbers? lexical = null) => new(Host, _columns, run.Backbone.Name, model, lexical);
    }

    /// <summary>N-grams of the rows that are learnt from, and how much they count beside the language model.</summary>
    private static LexicalNumbers Lexical(NumberRows rows, FineTuneRun run)
    {
        int count = rows.Count - run.ValidationRows;
        return LexicalNumbers.Learn([.. rows.Texts.Take(count)], [.. rows.Labels.Take(count)], rows.Weights?.Take(count).ToArray(), run.DrawingSeed, (fold, learnt, held) =>
        {
            using TextRegressor regressor = run.TrainPart(fold, learnt.Length, options => TextRegressor.Train(
                run.Backbone, [.. learnt.Select(row => rows.Texts[row])], [.. learnt.Select(row => rows.Labels[row])], options, exampleWeights: rows.Weights is { } weights ? [.. learnt.Select(row => weights[row])] : null));
            return regressor.Score([.. held.Select(row => rows.Texts[row])]).Values;
        });
    }
}
