using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model to order the documents of a query, with the dispersion regulariser added to the task's loss. Query and document are read as one sequence (a cross-encoder).</summary>
/// <remarks>
/// <para>
/// Reads four columns: the query (text), the document (text), the relevance (<see cref="float"/>, at least 0; NaN where it is not known, which leaves the row out) and the row group (text, key or whole number): rows of the same
/// group are the documents of one query, wherever they stand, at least two. A batch (<see cref="FineTuneOptions.MicroBatchSize"/>) is of queries with all their documents.
/// </para>
/// <para>Adds one: the score (<see cref="float"/>, the higher the more relevant).</para>
/// <list type="table">
/// <item><term>Task</term><description>Ranking</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry. What fitting does with rows that lack a relevance or a text is said at <see cref="FineTuneEstimator{TTransformer}"/>.</para>
/// </remarks>
public sealed class FineTuneRankingWithDispersionEstimator : FineTuneEstimator<FineTuneRankingWithDispersionTransformer>
{
    private readonly RankingColumns _columns;
    private readonly RankingLoss _loss;

    /// <summary>Creates the estimator; <c>ml.Ranking.Trainers.FineTuneRankingWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the options name none.</param>
    /// <param name="labelColumnName">The column of relevances, <see cref="float"/>.</param>
    /// <param name="queryColumnName">The column of queries.</param>
    /// <param name="documentColumnName">The column of documents.</param>
    /// <param name="rowGroupColumnName">The column by which a query's documents belong together: text, a key or a whole number.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinySentences</c>.</param>
    /// <param name="options">How to train; null for the defaults. Copied: later edits change nothing.
    /// Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from the environment's random numbers, so that the same calls on
    /// <c>new MLContext(seed: 1)</c> give the same model; the log tells it. A run that goes on from a checkpoint (<see cref="FineTuneOptions.Checkpoints"/>)
    /// takes the checkpoint's instead.</param>
    /// <param name="loss">The loss. Default <see cref="RankingLoss.ListNet"/>.</param>
    /// <param name="scoreColumnName">The column of scores to add.</param>
    /// <param name="exampleWeightColumnName">The column of how much each row counts in training, <see cref="float"/>, at least 0: a query counts the mean of its rows. Null (default) where all count the same.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public FineTuneRankingWithDispersionEstimator(
        IHostEnvironment environment,
        string labelColumnName = "Label",
        string queryColumnName = "Query",
        string documentColumnName = "Document",
        string rowGroupColumnName = "GroupId",
        ModelSource? backbone = null,
        FineTuneOptions? options = null,
        RankingLoss loss = RankingLoss.ListNet,
        string scoreColumnName = "Score",
        string? exampleWeightColumnName = null)
        : this(environment, new RankingColumns(labelColumnName, queryColumnName, documentColumnName ?? "", rowGroupColumnName, scoreColumnName) { ExampleWeight = exampleWeightColumnName }, backbone, options, loss)
    {
    }

    private FineTuneRankingWithDispersionEstimator(IHostEnvironment environment, RankingColumns columns, ModelSource? backbone, FineTuneOptions? options, RankingLoss loss)
        : base(environment, nameof(FineTuneRankingWithDispersionEstimator), columns, backbone, options)
    {
        if (!Enum.IsDefined(loss))
        {
            throw new ArgumentOutOfRangeException(nameof(loss), loss, $"The loss must be one of {string.Join(", ", Enum.GetNames<RankingLoss>())}.");
        }

        (_columns, _loss) = (columns, loss);
    }

    private protected override FineTuneColumns Named(TaskColumns columns) =>
        new() { Task = FineTuneTask.Ranking, Text = columns.Text, Label = columns.Label, Score = columns.Score };

    private protected override IEstimator<ITransformer> Copy(FineTuneOptions options) => new FineTuneRankingWithDispersionEstimator(Host, _columns, Backbone, options, _loss);

    private protected override DataViewSchema PromiseScores(SchemaShape input)
    {
        _columns.CheckTraining(Host, input);
        return AddedColumns.Alone(_columns.AddTo);
    }

    private protected override FineTuneRankingWithDispersionTransformer Train(IDataView input, FineTuneRun run)
    {
        RankingRows rows = run.Read(new RankingRows(_columns, run.Storage), input);
        TextRanker ranker = run.Train(
            rows,
            "for a ranking",
            options => TextRanker.Train(run.Backbone, rows.Texts, rows.SecondTexts!, rows.Labels, rows.Groups, options, _loss, rows.Weights, run.Metric<TextRanker>(Transformer)));
        return Transformer(ranker);

        FineTuneRankingWithDispersionTransformer Transformer(TextRanker model) => new(Host, _columns, run.Backbone.Name, model);
    }
}
