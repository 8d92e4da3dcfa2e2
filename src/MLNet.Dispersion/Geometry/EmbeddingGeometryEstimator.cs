using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Measures, for every row's text, how condensed a language model's hidden states are, layer by layer.</summary>
/// <remarks>
/// <para>
/// Reads one column, the text (text). Adds a vector of <see cref="float"/> a measure, with the layers' names as slot names, the row's condensation trend
/// and its token count: the table is at <see cref="EmbeddingGeometryTransformer"/>.
/// </para>
/// <para>Nothing is learnt from the data: fitting looks at its schema alone and loads the backbone.</para>
/// <list type="table">
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed. Where the added columns are read repeatedly, <c>Data.Cache</c> behind them saves forward passes</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Immutable: the options are copied on entry.</para>
/// </remarks>
public sealed class EmbeddingGeometryEstimator : TextEstimator<EmbeddingGeometryTransformer>
{
    // A shape speaks of vectors but not of how long they are: any number of layers promises the same.
    private const int PromisedLayerCount = 2;

    private readonly GeometryColumns _columns;
    private readonly EmbeddingGeometryOptions _options;
    private readonly ModelSource? _backbone;
    private readonly TextTransformer? _fitted;

    /// <summary>Creates the estimator for a pretrained model; <c>ml.Transforms.Text.MeasureEmbeddingGeometry(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model to be measured, loaded by each fitting; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to measure; null for the defaults. Copied: later edits change nothing.</param>
    /// <exception cref="ArgumentException">The text column has no name or that of an added column, or an option is outside its range; the message names it.</exception>
    public EmbeddingGeometryEstimator(IHostEnvironment environment, string textColumnName = "Text", ModelSource? backbone = null, EmbeddingGeometryOptions? options = null)
        : this(environment, textColumnName, options)
    {
        _backbone = backbone ?? ModelSource.TinyEnglish;
    }

    /// <summary>Creates the estimator for a fine-tuned model; <c>ml.Transforms.Text.MeasureEmbeddingGeometry(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. It stays the
    /// caller's and must outlive the transformers that fitting gives, which measure it where it is.</param>
    /// <param name="options">What to measure; null for the defaults. Copied: later edits change nothing.</param>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; the text column has no name or
    /// that of an added column; or an option is outside its range. The message names it.</exception>
    public EmbeddingGeometryEstimator(IHostEnvironment environment, string textColumnName, ITransformer fitted, EmbeddingGeometryOptions? options = null)
        : this(environment, textColumnName, options)
    {
        _fitted = FittedModel.Find(fitted, nameof(fitted));
    }

    private EmbeddingGeometryEstimator(IHostEnvironment environment, string textColumnName, EmbeddingGeometryOptions? options)
        : base(environment, nameof(EmbeddingGeometryEstimator))
    {
        _options = options?.Clone() ?? new EmbeddingGeometryOptions();
        _options.Validate();
        _columns = new GeometryColumns(textColumnName, _options.OutputColumnPrefix, _options.Measures);
    }

    private protected override DataViewSchema Promise(SchemaShape input)
    {
        InputColumns.CheckText(Host, input, _columns.Text);
        return AddedColumns.Alone((builder, _) => _columns.AddTo(builder, PromisedLayerCount));
    }

    private protected override EmbeddingGeometryTransformer FitChecked(IDataView input)
    {
        MeasuredModel model = _fitted is null
            ? MeasuredModel.Owning(PretrainedLanguageModel.Load(_backbone!, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(Host, _options.Device)) }))
            : _fitted.Measurable!;
        return new EmbeddingGeometryTransformer(Host, _columns, _fitted?.BackboneName ?? _backbone!.Name, model, _options.MaxTokens);
    }
}
