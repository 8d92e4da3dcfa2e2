using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A language model, fine-tuned or as it is: adds feature vectors, likelihoods and continuations to every row's text.</summary>
/// <remarks>
/// <para>Reads the text column (text). Adds those of these columns that <see cref="LanguageModelOptions"/> names:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>Features</term><description>vector of <see cref="float"/> of length <see cref="FeatureCount"/>: the text's pooled final hidden state, for any trainer</description></item>
/// <item><term>TokenCount</term><description><see cref="int"/>: the text's tokens, after truncation</description></item>
/// <item><term>LogLikelihood</term><description><see cref="float"/>: the sum of the natural logarithms of their probabilities</description></item>
/// <item><term>Perplexity</term><description><see cref="float"/>, at least 1: exp(-LogLikelihood / TokenCount)</description></item>
/// <item><term>(off by default) Continuation</term><description>text: what the model writes behind it</description></item>
/// </list>
/// <para>
/// Null and blank texts have no tokens: the vector is zero, the count and the log-likelihood 0, the perplexity NaN, the continuation empty. Texts longer than the model
/// reads count by their beginning, with one warning a pass that counts them; continuations follow a long text's end. Only what is read is computed: with the
/// features alone the model's head is never applied, and a continuation that nobody reads is not written.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> works in blocks of up to 256 rows while the data is read.
/// Trainers that read the features several times compute them as often: put <c>AppendCacheCheckpoint</c> behind this part of a pipeline.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, and whoever created it disposes it; after that
/// every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b> (through a chain, too) unless it is created
/// with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights (float32) included; <c>Model.Load</c> reads it in any process that has this assembly beside it, and puts the model on the best device
/// there (CUDA where available, else CPU).
/// </para>
/// </remarks>
public sealed class LanguageModelTransformer : TextTransformer
{
    private readonly LanguageModelColumns _columns;
    private readonly LanguageModelOptions _options;
    private readonly SharedModel<LanguageModelScorer> _scorer;

    /// <param name="environment">The context.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="backboneName">What the model, or the backbone that it was made from, is called.</param>
    /// <param name="scorer">The model; disposed with this object.</param>
    /// <param name="options">The checked options, nobody else's.</param>
    internal LanguageModelTransformer(IHostEnvironment environment, LanguageModelColumns columns, string backboneName, LanguageModelScorer scorer, LanguageModelOptions options)
        : base(environment, nameof(LanguageModelTransformer), backboneName)
    {
        _columns = columns;
        _options = options;
        scorer.Model.Backbone.eval();
        FeatureCount = scorer.Extractor.FeatureCount;
        MaxTokens = scorer.Extractor.MaxTokens;
        _scorer = new SharedModel<LanguageModelScorer>(scorer, nameof(LanguageModelTransformer), "language model");
    }

    /// <inheritdoc/>
    public override string TextColumnName => _columns.Text;

    /// <summary>Gets the names of the added columns, in their order.</summary>
    public IReadOnlyList<string> OutputColumnNames => [.. _columns.Added.Select(column => column.Name)];

    /// <summary>Gets the length of a feature vector: the model's hidden size.</summary>
    public int FeatureCount { get; }

    /// <summary>Gets the most tokens of a text that features and likelihoods look at.</summary>
    public int MaxTokens { get; }

    /// <summary>Gets how training went, step by step; null for a model that was loaded or never trained.</summary>
    public FineTuneResult? TrainingResult { get; internal init; }

    /// <summary>Gets how condensed the model was on a fixed sample of texts: before training first, as it is now last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model; empty where it was never trained.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; internal init; } = [];

    /// <summary>Gets the language model, for diagnostics, evaluation and generation of your own. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PretrainedLanguageModel LanguageModel => _scorer.Unguarded.Model;

    /// <inheritdoc/>
    internal override MeasuredModel Measurable => MeasuredModel.Borrowing(_scorer, scorer => scorer.Model);

    /// <inheritdoc/>
    internal override bool TakesEngines => true;

    private protected override ModelFormat Format => LanguageModelManifest.Format;

    /// <inheritdoc/>
    /// <remarks>Features and likelihoods are made of the engine's states; continuations are written as ever.</remarks>
    public override void ScoreWith(IScoringEngine? engine) => _scorer.Use(scorer => scorer.Extractor.ScoreWith(engine));

    private protected override void Free() => _scorer.Dispose();

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is damaged or missing.</exception>
    internal static LanguageModelTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        LanguageModelManifest manifest = LanguageModelManifest.Read(context.Reader);
        var files = new ModelZipSource(context, manifest.Files);
        IReadOnlyList<GeometrySnapshot> geometry = GeometryHistoryFile.Read(files);
        EmbeddedBases.Register();
        var model = PretrainedLanguageModel.Load(ModelSource.FromSource(manifest.BackboneName, files), new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(environment)) });
        try
        {
            // The zip is closed by the time that the first text is read.
            _ = model.HasTokenizer ? model.Tokenizer : null;
            var columns = new LanguageModelColumns(manifest.TextColumn, manifest.Options);
            var scorer = new LanguageModelScorer(model, manifest.Options, columns);
            return new LanguageModelTransformer(environment, columns, manifest.BackboneName, scorer, manifest.Options) { GeometryHistory = geometry };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        _scorer.ThrowIfDisposed();
        InputColumns.CheckText(Host, SchemaShapes.Of(input), _columns.Text);
        return AddedColumns.Append(input, (builder, _) => _columns.AddTo(builder, FeatureCount));
    }

    private protected override RowScoring ScoringFor(DataViewSchema input) =>
        new(Host, new ScoringSchema(input, GetOutputSchema(input), _columns.Text), () => new LanguageModelValues(Host, _scorer, _columns), "read");

    private protected override void WriteFiles(ModelZipSink sink)
    {
        _scorer.Use(scorer => scorer.Model.Save(sink, new ModelSaveOptions { Adapter = scorer.Model.Adapter?.Saving }));
        GeometryHistoryFile.Write(sink, GeometryHistory);
    }

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new LanguageModelManifest(_columns.Text, BackboneName, _options, files).Write(writer);
}
