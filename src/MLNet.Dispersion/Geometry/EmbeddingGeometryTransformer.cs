using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Measures, for every row's text, how condensed a language model's hidden states are, layer by layer.</summary>
/// <remarks>
/// <para>
/// Reads the text column (text). Adds, under the prefix <see cref="OutputColumnPrefix"/> (default <c>Geometry</c>):
/// </para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>Geometry.MeanCosine</term><description>vector of <see cref="float"/> of length <see cref="LayerCount"/>: mean cosine between the text's tokens, diagonal in, by layer. Slot names: <c>embeddings</c>, <c>layer 1</c>, …</description></item>
/// <item><term>Geometry.EffectiveRank, …</term><description>the same for each further measure asked for, under its name in <see cref="GeometryMeasure"/></description></item>
/// <item><term>Geometry.TrendSpearman</term><description><see cref="float"/>, -1..1: Spearman's rho between mean cosine and depth; near +1 the model condenses with depth</description></item>
/// <item><term>Geometry.TrendKendall</term><description><see cref="float"/>, -1..1: Kendall's tau-b of the same</description></item>
/// <item><term>Geometry.TokenCount</term><description><see cref="int"/>: tokens that were looked at, after truncation</description></item>
/// </list>
/// <para>
/// Null and empty texts have no tokens: every figure is NaN. A text of one token has no pair: cosines and trends are NaN, and
/// <see cref="GeometryMeasure.HighFrequencyGrowth"/> is, too. The trends are NaN as well where all layers are equal. Lone surrogates count as U+FFFD. Texts
/// longer than <see cref="MaxTokens"/> are measured by their beginning, with one warning a pass that counts them. A hidden state that is not finite
/// throws <see cref="InvalidOperationException"/> naming row and layer.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> measures in blocks of
/// up to 256 rows while the data is read, and measures nothing where none of the added columns is asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. Made for a <see cref="ModelSource"/>, or loaded, it holds the
/// model's weights, and whoever created it disposes it. Made for a fitted model it borrows that model: disposing it frees nothing, and once the fitted
/// model is disposed every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b> (through a
/// chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights (float32) included, whether they are borrowed or not; <c>Model.Load</c> reads it in any
/// process that has this assembly beside it, and puts the model on the best device there (CUDA where available, else CPU).
/// </para>
/// </remarks>
public sealed class EmbeddingGeometryTransformer : TextTransformer
{
    private readonly GeometryColumns _columns;
    private readonly SharedModel<MeasuredModel> _model;
    private readonly TextGeometryProbe _probe;

    /// <param name="environment">The context.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="backboneName">What the model is called.</param>
    /// <param name="model">The model; disposed with this object, and at once if making it fails.</param>
    /// <param name="maxTokens">The most tokens of a text.</param>
    internal EmbeddingGeometryTransformer(IHostEnvironment environment, GeometryColumns columns, string backboneName, MeasuredModel model, int maxTokens)
        : base(environment, nameof(EmbeddingGeometryTransformer), backboneName)
    {
        _columns = columns;
        _model = new SharedModel<MeasuredModel>(model, nameof(EmbeddingGeometryTransformer), "model that measures embedding geometry");
        try
        {
            _probe = model.Use(languageModel => new TextGeometryProbe(languageModel, [.. columns.Measures], maxTokens));
            LayerCount = _probe.LayerCount;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string TextColumnName => _columns.Text;

    /// <summary>Gets what the names of the added columns begin with, in front of a dot.</summary>
    public string OutputColumnPrefix => _columns.Prefix;

    /// <summary>Gets what is measured by layer, in the order of the added columns; the mean cosine comes first.</summary>
    public IReadOnlyList<GeometryMeasure> Measures => _probe.Measures;

    /// <summary>Gets the most tokens of a text that are looked at: as asked for, and at most the model's context length.</summary>
    public int MaxTokens => _probe.MaxTokens;

    /// <summary>Gets the number of hidden states of the model, N + 1: the length of each vector column.</summary>
    public int LayerCount { get; }

    private protected override ModelFormat Format => GeometryManifest.Format;

    private protected override void Free() => _model.Dispose();

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is damaged or missing.</exception>
    internal static EmbeddingGeometryTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        GeometryManifest manifest = GeometryManifest.Read(context.Reader);
        var backbone = ModelSource.FromSource(manifest.BackboneName, new ModelZipSource(context, manifest.Files));
        var model = PretrainedLanguageModel.Load(backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(environment)) });
        return new EmbeddingGeometryTransformer(environment, manifest.Columns, manifest.BackboneName, MeasuredModel.Owning(model), manifest.MaxTokens);
    }

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        _model.Use(model => model.Use(_ => true));
        InputColumns.CheckText(Host, SchemaShapes.Of(input), _columns.Text);
        return AddedColumns.Append(input, (builder, _) => _columns.AddTo(builder, LayerCount));
    }

    private protected override RowScoring ScoringFor(DataViewSchema input) =>
        new(Host, new ScoringSchema(input, GetOutputSchema(input), _columns.Text), () => new GeometryValues(_model, _probe, _columns), "measured");

    private protected override void WriteFiles(ModelZipSink sink) => _model.Use(measured => measured.Use(model =>
    {
        model.Save(sink);
        return true;
    }));

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new GeometryManifest(_columns, BackboneName, MaxTokens, files).Write(writer);
}
