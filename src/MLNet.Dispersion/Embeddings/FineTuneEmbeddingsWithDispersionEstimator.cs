using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to give like texts vectors near one another, with the dispersion regulariser added to the task's loss.</summary>
/// <remarks>
/// <para>
/// Reads pairs of texts that belong together (two columns of text), with negatives, texts that do not belong to the first one (text, or a vector of text of known length), where there are any; or pairs with a score
/// of how alike they are (<see cref="float"/>; NaN where it is not known, which leaves the row out).
/// </para>
/// <para>Adds three columns: the embedding of the first text and that of the second (vectors of <see cref="float"/>), and the score (<see cref="float"/>, the cosine of the two).</para>
/// <list type="table">
/// <item><term>Task</term><description>Text embeddings, sentence similarity</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack a score or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>.</para>
/// </remarks>
public sealed class FineTuneEmbeddingsWithDispersionEstimator : FineTuneEstimator<FineTuneEmbeddingsWithDispersionTransformer>
{
    // A shape speaks of vectors but not of how long they are: any number of features promises the same.
    private const int PromisedSize = 1;

    private readonly EmbeddingColumns _columns;
    private readonly EmbeddingOptions _embedding;

    /// <summary>Creates the estimator; <c>ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="textColumnName">The column of first texts.</param>
    /// <param name="secondTextColumnName">The column of second texts.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="embedding">The loss, and what comes out; null for the defaults. Copied.</param>
    /// <param name="labelColumnName">The column of scores, <see cref="float"/>; null (default) where rows are pairs that belong together.</param>
    /// <param name="negativeColumnName">The column of negatives, a text or a vector of texts of known length; null (default) for none.</param>
    /// <param name="embeddingColumnName">The column of the first texts' vectors to add.</param>
    /// <param name="secondEmbeddingColumnName">The column of the second texts' vectors to add.</param>
    /// <param name="scoreColumnName">The column of cosines to add.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0; null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneEmbeddingsWithDispersionEstimator(
        IHostEnvironment environment,
        string textColumnName = "Text",
        string secondTextColumnName = "SecondText",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        EmbeddingOptions? embedding = null,
        string? labelColumnName = null,
        string? negativeColumnName = null,
        string embeddingColumnName = "Embedding",
        string secondEmbeddingColumnName = "SecondEmbedding",
        string scoreColumnName = "Score",
        string? exampleWeightColumnName = null)
        : this(
            environment,
            new EmbeddingColumns(labelColumnName ?? "", textColumnName, secondTextColumnName ?? "", negativeColumnName, embeddingColumnName, secondEmbeddingColumnName, scoreColumnName) { ExampleWeight = exampleWeightColumnName },
            backbone,
            options,
            embedding)
    {
    }

    private FineTuneEmbeddingsWithDispersionEstimator(IHostEnvironment environment, EmbeddingColumns columns, ModelSource? backbone, FineTuneOptions? options, EmbeddingOptions? embedding)
        : base(environment, nameof(FineTuneEmbeddingsWithDispersionEstimator), columns, backbone, options)
    {
        _columns = columns;
        _embedding = embedding?.Clone() ?? new EmbeddingOptions();
        _embedding.Validate();
    }

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.Embeddings, Text = columns.Text, Label = columns.HasLabel ? columns.Label : null, Score = columns.Score };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneEmbeddingsWithDispersionEstimator(Host, _columns, Backbone, options, _embedding);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckTraining(Host, input);
        return AddedColumns.Alone((builder, setId) => _columns.AddTo(builder, setId, PromisedSize));
    }

    private protected override FineTuneEmbeddingsWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        EmbeddingRows rows = run.Read(new EmbeddingRows(_columns, run.Storage), input);
        string kind = rows.Scores is not null ? "of texts with scores" : "of texts that belong together";
        TextEmbedder embedder = run.Train(rows, kind, options => TextEmbedder.Train(run.Backbone, rows.TextColumns, options, _embedding, rows.Scores, rows.Weights, run.Metric<TextEmbedder>(Transformer)));
        return Transformer(embedder);

        FineTuneEmbeddingsWithDispersionTransformer Transformer(TextEmbedder model) => new(Host, _columns, run.Backbone.Name, model);
    }
}
