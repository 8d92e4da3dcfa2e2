using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What all transformers of this library have in common: they hold a language model, read a row's text and add columns to the row.</summary>
/// <remarks>Row-to-row mappers, so <c>Model.CreatePredictionEngine</c> takes them. Thread-safe. It cannot be derived from outside the library.</remarks>
public abstract class TextTransformer : ITransformer, IDisposable
{
    private protected TextTransformer(IHostEnvironment environment, string name, string backboneName)
    {
        Host = environment.Register(name);
        BackboneName = backboneName;
    }

    /// <summary>Gets the name of the text column that is read.</summary>
    public abstract string TextColumnName { get; }

    /// <summary>Gets the name of the model, or of the backbone that was fine-tuned into it.</summary>
    public string BackboneName { get; }

    /// <summary>The language model, borrowed to be measured; null in a transformer that does not hold one of its own.</summary>
    internal virtual MeasuredModel? Measurable => null;

    /// <summary>Whether the model was fine-tuned for a task, and is no longer the backbone of its name.</summary>
    internal virtual bool IsFineTuned => false;

    /// <summary>Whether <see cref="ScoreWith"/> takes engines.</summary>
    internal virtual bool TakesEngines => false;

    /// <summary>Always true: each row is looked at by itself.</summary>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>For warnings, and to see whether the context was cancelled.</summary>
    private protected IHost Host { get; }

    /// <summary>How a saved model begins.</summary>
    private protected abstract ModelFormat Format { get; }

    /// <summary>Gives the schema with the added columns.</summary>
    /// <param name="inputSchema">The schema of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return AddTo(inputSchema);
    }

    /// <summary>Gives the data with the added columns, which are computed while it is read. ML.NET's ONNX converter (<c>ml.Model.ConvertToOnnx</c>) is refused there, with a <see cref="NotSupportedException"/> that says what to use instead.</summary>
    /// <param name="input">The data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed; reading from the result afterwards throws it, too.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return OnnxRefusingView.Of(new ScoredDataView(ScoringFor(input.Schema), input));
    }

    /// <summary>Gives a mapper for single rows; prediction engines ask for it.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or not text; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new RowMapper(ScoringFor(inputSchema));
    }

    /// <summary>Chooses what computes the network when rows are scored, such as <c>OnnxRuntimeEngine</c> of the package MLNet.Dispersion.OnnxRuntime. At first, and after loading, torch does; it is not saved.</summary>
    /// <remarks>
    /// For all cursors and prediction engines that use this instance; batches of rows whose scoring begins later follow it. The engine takes a copy of the weights as they are now, which is freed with the model, or by the next call.
    /// A chain of transformers has the same method (<see cref="ScoringEngineExtensions"/>).
    /// </remarks>
    /// <param name="engine">The engine; null for torch again.</param>
    /// <exception cref="NotSupportedException">This transformer scores no rows by a network's final states alone, or the engine cannot compute its model; the message says which, and scoring goes on as before.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual void ScoreWith(IScoringEngine? engine)
    {
        if (engine is not null)
        {
            throw new NotSupportedException($"A {GetType().Name} needs more of its network than the final states of whole texts, which is what a scoring engine computes. It goes on with torch.");
        }
    }

    /// <summary>Frees the model's weights, unless they are borrowed, as soon as calls that are running have returned. Further calls do nothing.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        var context = new SaveContext(ctx);
        Format.Begin(context);
        var sink = new ModelZipSink(context);
        WriteFiles(sink);
        WriteManifest(context.Writer, sink.Files);
    }

    /// <summary>Writes what training goes on from: here the language model, with the adapter that it carries and the base beside it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal virtual void SaveWhole(FileSink sink) => Measurable!.Use(model =>
    {
        model.Save(sink, new ModelSaveOptions { Adapter = model.Adapter is null ? null : AdapterSaving.Everything });
        return true;
    });

    /// <summary>Frees the model; may be called again.</summary>
    private protected abstract void Free();

    /// <summary>Checks a schema and appends the added columns, unless the model was disposed.</summary>
    private protected abstract DataViewSchema AddTo(DataViewSchema input);

    /// <summary>How rows of a schema get the added columns.</summary>
    private protected abstract RowScoring ScoringFor(DataViewSchema input);

    /// <summary>Writes the model's files.</summary>
    private protected abstract void WriteFiles(ModelZipSink sink);

    /// <summary>Writes what stands in Model.key behind ML.NET's header.</summary>
    private protected abstract void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files);
}
