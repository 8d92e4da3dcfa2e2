using System.Reflection;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Data that refuse ML.NET's ONNX converter (<c>ml.Model.ConvertToOnnx</c>), which cannot write a language model; for everything else they are the data that they were made of.</summary>
/// <remarks>
/// The converter walks back from a pipeline's last data, step by step, and asks each by interfaces that ML.NET keeps to itself. Where data have none of them the walk ends without a word: their columns become the file's
/// inputs, and the model is left out of it. These have the interfaces, made at run time, and throw as soon as one of them is used: by the converter, whatever the variable is typed as and whatever stands behind in a chain.
/// </remarks>
internal class OnnxRefusingView : DispatchProxy
{
    private static readonly Type? Asked = typeof(MLContext).Assembly.GetType("Microsoft.ML.Model.OnnxConverter.ITransformCanSaveOnnx");

    private IDataView _data = null!;

    /// <summary>Data with the refusal; as they are where this version of ML.NET asks by other interfaces.</summary>
    internal static IDataView Of(IDataView data)
    {
        if (!typeof(IDataView).IsAssignableFrom(Asked))
        {
            return data;
        }

        object view = Create(Asked, typeof(OnnxRefusingView));
        ((OnnxRefusingView)view)._data = data;
        return (IDataView)view;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.DeclaringType == typeof(IDataView)
        ? targetMethod.Invoke(_data, BindingFlags.DoNotWrapExceptions, null, args, null)
        : throw new NotSupportedException(
            "ML.NET's ONNX converter knows no language models: it would write a file that passes columns through, without the model. Use SaveOnnx of the package MLNet.Dispersion.Onnx, on the fitted transformer or its LanguageModel: "
            + "it writes the model, from token ids on, with its tokenizer beside it. For the whole pipeline use ml.Model.Save; for the steps behind the model alone, give the converter ml.Data.Cache of its output in place of the data.");
}
