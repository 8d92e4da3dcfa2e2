using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MLNet.Dispersion.OnnxRuntime;

/// <summary>Computes the final states of one model by a session of ONNX Runtime.</summary>
internal sealed class SessionReader : IStateReader
{
    private static readonly string[] Outputs = ["last_hidden_state"];
    private readonly ExportedModel _exported;
    private readonly InferenceSession _session;

    /// <param name="exported">The model; owned from then on, unless this throws.</param>
    /// <param name="threads">Of one batch.</param>
    internal SessionReader(ExportedModel exported, int threads)
    {
        // Batches differ in shape, and a plan of memory would be kept for each.
        using var options = new SessionOptions { IntraOpNumThreads = threads, EnableMemoryPattern = false, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = exported.Open(options);
        _exported = exported;
    }

    /// <summary>Where the exported model lies; null where it is in memory.</summary>
    internal DirectoryInfo? Folder => _exported.Folder;

    /// <inheritdoc/>
    public unsafe void Read(TokenBatch batch, Span<float> states)
    {
        long[] tokens = [batch.Rows, batch.Columns];
        OrtValue[] inputs = [.. _session.InputNames.Select(name => OrtValue.CreateTensorValueFromMemory(Numbers(name, batch), tokens))];
        try
        {
            fixed (float* first = states)
            {
                // Into the caller's memory at once.
                using OrtValue output = OrtValue.CreateTensorValueWithData(
                    OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [.. tokens, states.Length / (tokens[0] * tokens[1])], (nint)first, (long)states.Length * sizeof(float));
                using var run = new RunOptions();
                _session.Run(run, _session.InputNames, inputs, Outputs, [output]);
            }
        }
        finally
        {
            Array.ForEach(inputs, input => input.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _exported.Dispose();
    }

    private static long[] Numbers(string name, TokenBatch batch) => name switch
    {
        "input_ids" => batch.InputIds,
        "attention_mask" => Mask(batch),
        _ => batch.TokenTypeIds is { } types ? [.. types] : new long[batch.InputIds.Length],
    };

    private static long[] Mask(TokenBatch batch)
    {
        var mask = new long[batch.InputIds.Length];
        for (int row = 0; row < batch.Rows; row++)
        {
            Array.Fill(mask, 1, row * batch.Columns, batch.Lengths[row]);
        }

        return mask;
    }
}
