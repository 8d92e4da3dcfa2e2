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
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack a label or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>.</para>
/// </remarks>
public sealed class FineTuneWithDispersionEstimator : FineTuneEstimator<FineTuneWithDispersionTransformer>
{
    // A shape speaks of vectors and keys but not of how long they are: any number of classes promises the same.
    private const int PromisedClassCount = 2;

    private readonly ClassifierColumns _columns;
    private readonly int? _windowOverlap;
    private readonly bool _lexical;

    /// <summary>Creates the estimator; <c>ml.MulticlassClassification.Trainers.FineTuneWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column, a key of <see cref="uint"/>.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="scoreColumnName">The column of class probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class to add.</param>
    /// <param name="secondTextColumnName">The column of the second text, where rows are pairs of texts, such as a premise and a hypothesis; null (default) for single texts.
    /// A pair is one sequence: see <see cref="FineTunedTextModel"/>.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <param name="windowOverlap">Reads texts longer than the model does in windows, of which neighbours share so many tokens, and takes the means of their probabilities (see <see cref="TextClassifier.Train"/>). Null (default): such texts are cut off. Single texts alone.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string? secondTextColumnName = null,
        string? exampleWeightColumnName = null,
        int? windowOverlap = null)
        : this(environment, new ClassifierColumns(labelColumnName, textColumnName, secondTextColumnName, scoreColumnName, predictedLabelColumnName) { ExampleWeight = exampleWeightColumnName }, backbone, options, windowOverlap)
    {
    }

    private FineTuneWithDispersionEstimator(IHostEnvironment environment, ClassifierColumns columns, ModelSource? backbone, FineTuneOptions? options, int? windowOverlap, bool lexical = false)
        : base(environment, nameof(FineTuneWithDispersionEstimator), columns, backbone, options)
    {
        TextClassifier.CheckWindows(windowOverlap, columns.SecondText is not null);
        (_columns, _windowOverlap, _lexical) = (columns, windowOverlap, lexical);
    }

    /// <summary>
    /// Gives the same estimator with n-grams beside the language model: behind the fine-tuning a logistic regression over <see cref="LexicalFeaturesCatalog.LexicalFeatures"/> is fitted to the same rows, and the probabilities of both are joined.
    /// How much either counts is learnt from predictions of rows that were held out in turn, so the language model is trained three times more, on two thirds of the rows each; n-grams that do not help get the weight 0.
    /// Joined behind the training and not within it, since n-grams fit the rows first and would starve the network.
    /// </summary>
    /// <remarks>The model saves to an ML.NET zip and serves from prediction engines; <c>SavePretrained</c> and <c>SaveOnnx</c>, whose formats have no place for n-grams, refuse it.</remarks>
    /// <exception cref="InvalidOperationException">The estimator reads pairs of texts.</exception>
    public FineTuneWithDispersionEstimator WithLexicalFeatures() => _columns.SecondText is null
        ? new(Host, _columns, Backbone, TrainingOptions, _windowOverlap, lexical: true)
        : throw new InvalidOperationException($"The estimator reads pairs of texts ('{_columns.Text}' and '{_columns.SecondText}'); n-grams are of single texts.");

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.MulticlassClassification, Text = columns.Text, Label = columns.Label, Score = columns.Score, PredictedLabel = _columns.PredictedLabel };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneWithDispersionEstimator(Host, _columns, Backbone, options, _windowOverlap, _lexical);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        SchemaShape.Column label = _columns.CheckLabel(Host, input);
        return AddedColumns.Alone((builder, setId) => _columns.AddTo(builder, setId, PromisedClassCount, ClassValues.Promised(label, PromisedClassCount)));
    }

    private protected override FineTuneWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        DataViewSchema.Column label = input.Schema[_columns.Label];
        int classCount = ClassifierColumns.ClassCount(Host, label);
        ClassValues? classes = ClassValues.Of(label, classCount);
        ClassRows rows = run.Read(new ClassRows(_columns, classCount, classes, run.Storage), input);
        TextClassifier classifier = run.Train(
            rows,
            string.Create(CultureInfo.InvariantCulture, $"of {classCount} classes"),
            options => TextClassifier.Train(
                run.Backbone, rows.Texts, rows.Labels, classCount, options, rows.SecondTexts, classes is null ? null : [.. classes.Names.Select(name => name.ToString())], rows.Weights, _windowOverlap, run.Metric<TextClassifier>(model => Transformer(model))));
        try
        {
            return Transformer(classifier, _lexical ? Lexical(rows, classCount, run) : null);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }

        FineTuneWithDispersionTransformer Transformer(TextClassifier model, LexicalPart? lexical = null) => new(Host, _columns, run.Backbone.Name, classes, model, lexical);
    }

    /// <summary>N-grams of the rows that are learnt from, and how much they count beside the language model.</summary>
    private LexicalPart Lexical(ClassRows rows, int classCount, FineTuneRun run)
    {
        int count = rows.Count - run.ValidationRows;
        return LexicalPart.Learn([.. rows.Texts.Take(count)], [.. rows.Labels.Take(count)], rows.Weights?.Take(count).ToArray(), classCount, run.DrawingSeed, (fold, learnt, held) =>
        {
            using TextClassifier classifier = run.TrainPart(fold, learnt.Length, options => TextClassifier.Train(
                run.Backbone, [.. learnt.Select(row => rows.Texts[row])], [.. learnt.Select(row => rows.Labels[row])], classCount, options,
                exampleWeights: rows.Weights is { } weights ? [.. learnt.Select(row => weights[row])] : null, windowOverlap: _windowOverlap));
            return classifier.Score([.. held.Select(row => rows.Texts[row])]).Values;
        });
    }
}
