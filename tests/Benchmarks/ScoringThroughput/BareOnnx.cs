using Microsoft.ML.OnnxRuntime;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>The same passes through ONNX Runtime and nothing else: a file that SaveOnnx wrote, and inputs that are arrays already.</summary>
internal sealed class BareOnnx : IDisposable
{
    private readonly InferenceSession _session;
    private readonly (OrtValue[] Inputs, string[] Outputs)[] _passes;

    public BareOnnx(PretrainedLanguageModel model, IReadOnlyList<TokenBatch> batches, int threads)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-scoring-").FullName;
        try
        {
            string file = Path.Combine(folder, "model.onnx");
            model.SaveOnnx(file, new() { Content = OnnxContent.HiddenStates });
            using var options = new SessionOptions { IntraOpNumThreads = threads };
            _session = new InferenceSession(file, options);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        _passes = [.. batches.Select(batch => (_session.InputNames.Select(name => Input(name, batch)).ToArray(), new[] { _session.OutputNames[0] }))];
    }

    /// <summary>Runs them all.</summary>
    public void Run()
    {
        using var options = new RunOptions();
        foreach (var (inputs, outputs) in _passes)
        {
            _session.Run(options, _session.InputNames, inputs, outputs).Dispose();
        }
    }

    public void Dispose()
    {
        foreach (OrtValue input in _passes.SelectMany(pass => pass.Inputs))
        {
            input.Dispose();
        }

        _session.Dispose();
    }

    private static OrtValue Input(string name, TokenBatch batch)
    {
        var mask = Enumerable.Range(0, batch.InputIds.Length).Select(at => at % batch.Columns < batch.Lengths[at / batch.Columns] ? 1L : 0L);
        long[] numbers = name switch
        {
            "input_ids" => batch.InputIds,
            "attention_mask" => [.. mask],
            _ => new long[batch.InputIds.Length],
        };
        return OrtValue.CreateTensorValueFromMemory(numbers, [batch.Rows, batch.Columns]);
    }
}
