using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests;

/// <summary>An ONNX file in ONNX Runtime, with tensors in and out.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxRun(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(path, options);
    }

    public IReadOnlyList<string> Inputs => _session.InputNames;

    public IReadOnlyList<string> Outputs => _session.OutputNames;

    public IReadOnlyDictionary<string, string> Facts => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>The sizes of an input or output, -1 for those that vary.</summary>
    public int[] ShapeOf(string name) => (_session.InputMetadata.TryGetValue(name, out NodeMetadata? input) ? input : _session.OutputMetadata[name]).Dimensions;

    /// <summary>Runs it; what it has no input for is left out.</summary>
    /// <param name="inputs">Tensors of int64, bool (as int64) or float32.</param>
    public Dictionary<string, Tensor> Run(params (string Name, Tensor? Values)[] inputs)
    {
        (string Name, OrtValue Value)[] given = [.. inputs.Where(input => input.Values is not null && Inputs.Contains(input.Name)).Select(input => (input.Name, Of(input.Values!)))];
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, [.. given.Select(input => input.Name)], [.. given.Select(input => input.Value)], Outputs);
        var outputs = Outputs.Zip(results).ToDictionary(pair => pair.First, pair => tensor(pair.Second.GetTensorDataAsSpan<float>().ToArray(), pair.Second.GetTensorTypeAndShape().Shape), StringComparer.Ordinal);
        foreach (var (_, value) in given)
        {
            value.Dispose();
        }

        return outputs;
    }

    /// <summary>Runs whole texts.</summary>
    public Dictionary<string, Tensor> Run(Tensor ids, Tensor? mask = null, Tensor? types = null) =>
        Run(("input_ids", ids), ("attention_mask", mask ?? ones_like(ids)), ("token_type_ids", types ?? zeros_like(ids)));

    public void Dispose() => _session.Dispose();

    private static OrtValue Of(Tensor values) => values.numel() == 0
        ? OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, values.shape)
        : values.dtype == ScalarType.Float32
        ? OrtValue.CreateTensorValueFromMemory(values.contiguous().data<float>().ToArray(), values.shape)
        : OrtValue.CreateTensorValueFromMemory(values.to(ScalarType.Int64).contiguous().data<long>().ToArray(), values.shape);
}
