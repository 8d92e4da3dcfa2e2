using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to give each word of a text a tag, such as those of named entities, with the dispersion regulariser added to the task's loss, the cross-entropy of words.</summary>
/// <remarks>
/// <para>
/// Reads two columns: words (vector of text) or texts (text), and a tag for each word (vector of text, or of keys of text) of any scheme, such as BIO or BILOU; or texts and three columns of spans: their labels
/// (vector of text), first characters and ends (vectors of <see cref="int"/>). A span must begin and end where words do (<see cref="WordCutting.Signs"/>); rows that do not fit are refused by number.
/// </para>
/// <para>Adds the tag of each word and its probability, and the entities that the tags make, with their places in the text: see <see cref="FineTuneTokensWithDispersionTransformer"/>. How words and tokens belong together is said at <see cref="TextTokenClassifier"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Token classification, named entities</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: words or raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. Rows without tags are left out, with one warning and their count.</para>
/// </remarks>
public sealed class FineTuneTokensWithDispersionEstimator : FineTuneEstimator<FineTuneTokensWithDispersionTransformer>
{
    private readonly TokenColumns _columns;
    private readonly TaggingScheme _scheme;

    /// <summary>Creates the estimator; <c>ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The label column: a vector of text, or of keys of text, with a tag for each word; or a vector of text with the label of each span, where the columns of spans are named.</param>
    /// <param name="textColumnName">The text column: a vector of words; or text, whose words are those between blanks where labels are tags, and are cut at signs as well where labels are spans.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>. Encoders read what stands behind a word as well, and tag better.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="scoreColumnName">The column of probabilities to add.</param>
    /// <param name="predictedLabelColumnName">The column of tags to add.</param>
    /// <param name="entityColumnName">What the names of the columns of entities to add begin with.</param>
    /// <param name="spanStartColumnName">The column of the first character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="spanEndColumnName">The column of the end behind the last character of each span, a vector of <see cref="int"/>; null (default) where labels are tags.</param>
    /// <param name="scheme">The scheme of tags that spans become: <see cref="TaggingScheme.Iob2"/> (default), <see cref="TaggingScheme.Iobes"/> or <see cref="TaggingScheme.Bilou"/>. Tags are taken as they are.</param>
    /// <param name="exampleWeightColumnName">The column of how much the words of each row count in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, one column of spans is named without the other, or an option is outside its range; the message names it.</exception>
    public FineTuneTokensWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        string entityColumnName = "Entity",
        string? spanStartColumnName = null,
        string? spanEndColumnName = null,
        TaggingScheme scheme = TaggingScheme.Iob2,
        string? exampleWeightColumnName = null)
        : this(
            environment,
            new TokenColumns(labelColumnName, textColumnName, scoreColumnName, predictedLabelColumnName, entityColumnName) { SpanStart = spanStartColumnName, SpanEnd = spanEndColumnName, ExampleWeight = exampleWeightColumnName },
            backbone,
            options,
            scheme)
    {
    }

    private FineTuneTokensWithDispersionEstimator(IHostEnvironment environment, TokenColumns columns, ModelSource? backbone, FineTuneOptions? options, TaggingScheme scheme)
        : base(environment, nameof(FineTuneTokensWithDispersionEstimator), columns, backbone, options)
    {
        if (columns.SpanStart is null != columns.SpanEnd is null)
        {
            throw new ArgumentException($"The column of the {(columns.SpanStart is null ? "ends" : "starts")} of spans is named, and that of their {(columns.SpanStart is null ? "starts" : "ends")} is not: name both, or neither where labels are tags.", nameof(columns));
        }

        if (scheme is not (TaggingScheme.Iob2 or TaggingScheme.Iobes or TaggingScheme.Bilou))
        {
            throw new ArgumentOutOfRangeException(nameof(scheme), scheme, $"The scheme is {scheme}; spans become tags of Iob2, Iobes or Bilou.");
        }

        (_columns, _scheme) = (columns, scheme);
    }

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.TokenClassification, Text = columns.Text, Label = columns.Label, Score = columns.Score, PredictedLabel = _columns.PredictedLabel };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneTokensWithDispersionEstimator(Host, _columns, Backbone, options, _scheme);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckLabel(Host, input);
        return AddedColumns.Alone(_columns.AddTo);
    }

    private protected override FineTuneTokensWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        bool hasTags = _columns.SpanStart is null, hasWords = input.Schema[_columns.Text].Type is VectorDataViewType;
        WordCutting cutting = hasTags && !hasWords ? WordCutting.Blanks : WordCutting.Signs;
        TokenRows rows = run.Read(new TokenRows(_columns, cutting, _scheme, run.Storage), input);
        TextTokenClassifier classifier = run.Train(
            rows,
            string.Create(CultureInfo.InvariantCulture, $"of {rows.WordCount} words"),
            options => TextTokenClassifier.Train(run.Backbone, rows.Words, rows.Tags, options, rows.Weights, run.Metric<TextTokenClassifier>(Transformer)));
        return Transformer(classifier);

        FineTuneTokensWithDispersionTransformer Transformer(TextTokenClassifier model) => new(Host, _columns, cutting, run.Backbone.Name, model);
    }
}
