using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Refuses <c>ml.Model.ConvertToOnnx</c> for transformers of this library, and for chains that end with one.</summary>
/// <remarks>
/// ML.NET's converter asks transformers by interfaces that it keeps to itself; of others it writes a file that passes columns through, without a word and without the model. These overloads are nearer to our transformers
/// than its own and say what to do instead. Where a variable is only known as an <see cref="ITransformer"/>, or another step stands behind ours, the converter cannot be kept from writing such a file.
/// </remarks>
public static class OnnxConversionRefusals
{
    /// <summary>Refuses.</summary>
    /// <param name="catalog">The context's models.</param>
    /// <param name="transform">The transformer.</param>
    /// <param name="inputData">Its data.</param>
    /// <param name="stream">Where the model would go; nothing is written.</param>
    /// <param name="outputColumns">The columns to keep.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    [DoesNotReturn]
    public static void ConvertToOnnx(this ModelOperationsCatalog catalog, TextTransformer transform, IDataView inputData, Stream stream, params string[] outputColumns) => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx(this ModelOperationsCatalog catalog, TextTransformer transform, IDataView inputData, int opSetVersion, Stream stream) => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx(this ModelOperationsCatalog catalog, TextTransformer transform, DataViewSchema inputSchema, Stream stream, params string[] outputColumns) => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx(this ModelOperationsCatalog catalog, TextTransformer transform, DataViewSchema inputSchema, int opSetVersion, Stream stream) => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx<TLast>(this ModelOperationsCatalog catalog, TransformerChain<TLast> transform, IDataView inputData, Stream stream, params string[] outputColumns)
        where TLast : TextTransformer => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx<TLast>(this ModelOperationsCatalog catalog, TransformerChain<TLast> transform, IDataView inputData, int opSetVersion, Stream stream)
        where TLast : TextTransformer => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx<TLast>(this ModelOperationsCatalog catalog, TransformerChain<TLast> transform, DataViewSchema inputSchema, Stream stream, params string[] outputColumns)
        where TLast : TextTransformer => throw Refusal();

    /// <inheritdoc cref="ConvertToOnnx(ModelOperationsCatalog, TextTransformer, IDataView, Stream, string[])"/>
    [DoesNotReturn]
    public static void ConvertToOnnx<TLast>(this ModelOperationsCatalog catalog, TransformerChain<TLast> transform, DataViewSchema inputSchema, int opSetVersion, Stream stream)
        where TLast : TextTransformer => throw Refusal();

    private static NotSupportedException Refusal() => new(
        "ML.NET's ONNX converter knows no language models: it would write a file that passes columns through, without the model. Use SaveOnnx of the package MLNet.Dispersion.Onnx, which writes the model from token ids to scores with its tokenizer beside it, and for the whole pipeline ml.Model.Save.");
}
