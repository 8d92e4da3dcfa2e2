using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNet.Dispersion.Geometry;
using MLNet.Dispersion.Interop;
using MLNet.Dispersion.Measuring;
using MLNet.Dispersion.Persistence;
using MLNet.Dispersion.Schema;
using MLNet.Dispersion.Scoring;
using MLNet.Dispersion.Training;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned text regression: adds a prediction to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column, and that of second texts where it was trained on pairs (text; null and blank texts are scored as empty ones, texts longer than
/// the model reads by their beginning, with one warning a pass that counts them). Adds the score (<see cref="float"/>, in the scale of the training
/// labels), by which <c>ml.Regression.Evaluate</c> knows it. The label column is not read.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where the added column is not asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, and whoever created it
/// disposes it; after that every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b>
/// (through a chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>: do so wherever several engines
/// share one model, since otherwise the first engine to be disposed ends the others.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights included; <c>Model.Load</c> reads it in any process that has this assembly beside it,
/// and puts the model on the best device there (CUDA where available, else CPU), wherever it was trained.
/// </para>
/// </remarks>
public sealed class FineTuneRegressionWithDispersionTransformer : ITransformer, IFineTunedTransformer, IDisposable
{
    private readonly IHost _host;
    private readonly ColumnNames _columns;
    private readonly SharedModel<ITextScorer> _scorer;

    internal FineTuneRegressionWithDispersionTransformer(IHostEnvironment environment, ColumnNames columns, string backboneName, ITextScorer scorer)
    {
        _host = environment.Register(nameof(FineTuneRegressionWithDispersionTransformer));
        _columns = columns;
        _scorer = new SharedModel<ITextScorer>(scorer, nameof(FineTuneRegressionWithDispersionTransformer), "fine-tuned model");
        TrainingResult = scorer.TrainingResult;
        GeometryHistory = scorer.GeometryHistory;
        BackboneName = backboneName;
    }

    /// <summary>The name of the text column that is read.</summary>
    public string TextColumnName => _columns.Text;

    /// <summary>The name of the column of second texts; null where single texts are read.</summary>
    public string? Sentence2ColumnName => _columns.SecondText;

    /// <summary>The name of the added column of predictions, <see cref="float"/>.</summary>
    public string ScoreColumnName => _columns.Score;

    /// <summary>The name of the backbone that was fine-tuned.</summary>
    public string BackboneName { get; }

    /// <summary>
    /// The number type in which rows are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the model. May be set at any time, for all cursors and prediction engines that use this instance; blocks of rows whose scoring begins later follow it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Precision ScoringPrecision
    {
        get => _scorer.Use(scorer => scorer.ScoringPrecision);
        set => _scorer.Use(scorer => scorer.ScoringPrecision = value);
    }

    /// <summary>How training went, step by step; null for a model that was loaded.</summary>
    public FineTuneResult? TrainingResult { get; }

    /// <summary>How condensed the backbone was on a fixed sample of texts: before training first, as it is now last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; }

    /// <summary>The fine-tuned language model below the regression head, for diagnostics such as its condensation. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PretrainedLanguageModel LanguageModel => _scorer.Unguarded.LanguageModel;

    /// <inheritdoc/>
    SharedModel<ITextScorer> IFineTunedTransformer.Model => _scorer;

    /// <summary>Always true: each row is scored by itself.</summary>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The schema with the added column.</summary>
    /// <param name="inputSchema">The schema of the data to be scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _scorer.ThrowIfDisposed();
        InputColumns.CheckTexts(_host, SchemaShapes.Of(inputSchema), _columns);
        return OutputColumns.AppendNumber(inputSchema, _columns);
    }

    /// <summary>The data with the added column, scored while it is read.</summary>
    /// <param name="input">The data to be scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed. Reading scores from the result after the model was disposed throws it, too.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredDataView(ScoringFor(input.Schema), input);
    }

    /// <summary>A mapper that scores single rows; prediction engines ask for it.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new RowMapper(ScoringFor(inputSchema));
    }

    /// <summary>Frees the model's weights, as soon as calls that are running have returned. Further calls do nothing.</summary>
    public void Dispose() => _scorer.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        var context = new SaveContext(ctx);
        ModelFormat.Regression.Begin(context);
        var sink = new ModelZipSink(context);
        _scorer.Use(scorer => scorer.Save(sink));
        new RegressionManifest(_columns, BackboneName, sink.Files).Write(context.Writer);
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="Hub.CheckpointException">A file of the checkpoint is damaged or missing.</exception>
    internal static FineTuneRegressionWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        RegressionManifest manifest = RegressionManifest.Read(context.Reader);
        EmbeddedBases.Register();
        TextRegressor regressor = TextRegressor.Load(new ModelZipCheckpoint(context, manifest.Files));
        if (regressor.ReadsPairs != (manifest.Columns.SecondText is not null))
        {
            regressor.Dispose();
            throw new FormatException("The model file is damaged: its header and its weights disagree on whether it reads pairs of texts. Save the model again, or fetch the file again.");
        }

        return new FineTuneRegressionWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, new RegressionScorer(regressor));
    }

    private RowScoring ScoringFor(DataViewSchema input) =>
        new(_host, new ScoringSchema(input, GetOutputSchema(input), _columns.Text, _columns.SecondText), () => new NumberScores(_scorer), "scored");
}
