using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>A pipeline in an ML.NET zip, with one transformer of this library in it.</summary>
internal sealed class ModelZip : IDisposable
{
    private readonly ITransformer _whole;

    private ModelZip(ITransformer whole, DataViewSchema schema, TextTransformer transformer)
    {
        _whole = whole;
        Schema = schema;
        Transformer = transformer;
    }

    /// <summary>The columns that it was fitted to.</summary>
    public DataViewSchema Schema { get; }

    /// <summary>The part with the language model in it.</summary>
    public TextTransformer Transformer { get; }

    /// <summary>Reads a zip.</summary>
    /// <exception cref="ToolException">It is missing or holds no such transformer.</exception>
    public static ModelZip Load(MLContext ml, string path)
    {
        if (!File.Exists(path))
        {
            throw new ToolException($"There is no file '{path}'. Name a model.zip that 'mlnet-dispersion finetune' or ml.Model.Save wrote.");
        }

        ITransformer whole = ml.Model.Load(path, out DataViewSchema schema);
        TextTransformer[] ours = [.. Parts(whole).OfType<TextTransformer>()];
        if (ours.Length == 1)
        {
            return new ModelZip(whole, schema, ours[0]);
        }

        (whole as IDisposable)?.Dispose();
        throw new ToolException($"'{path}' holds {(ours.Length == 0 ? "no model" : "several models")} of MLNet.Dispersion; one is expected.");
    }

    /// <summary>The rows as the pipeline transforms them.</summary>
    public IDataView Transform(IDataView rows) => _whole.Transform(rows);

    /// <inheritdoc/>
    public void Dispose() => (_whole as IDisposable)?.Dispose();

    private static IEnumerable<ITransformer> Parts(ITransformer transformer) => transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];
}
