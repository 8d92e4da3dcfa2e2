using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.OnnxThroughput;

/// <summary>A batch of texts without pads.</summary>
internal sealed class Tokens
{
    public Tokens(int rows, int columns, int vocabulary)
    {
        var random = new Random(1);
        (Shape, Ids) = ([rows, columns], [.. Enumerable.Range(0, rows * columns).Select(_ => (long)random.Next(vocabulary))]);
    }

    private Tokens(long[] shape, long[] ids) => (Shape, Ids) = (shape, ids);

    public Tokens(int[] ids) => (Shape, Ids) = ([1, ids.Length], [.. ids.Select(id => (long)id)]);

    public long[] Shape { get; }

    public long[] Ids { get; }

    public int Count => Ids.Length;

    /// <summary>The same as the first rows of a batch, before those of another.</summary>
    public Tokens Beside(Tokens others) => new([Shape[0] + others.Shape[0], Shape[1]], [.. Ids, .. others.Ids]);
}

/// <summary>Gives the logits of a decoder or the final states of an encoder.</summary>
internal interface IReader : IDisposable
{
    float[] Read(Tokens tokens);
}

/// <summary>This library.</summary>
internal sealed class OwnReader(PretrainedLanguageModel model) : IReader
{
    public float[] Read(Tokens tokens)
    {
        using var scope = NewDisposeScope();
        Tensor states = model.Backbone.Forward(tensor(tokens.Ids, tokens.Shape), null, HiddenStateSelection.None).LastHiddenState;
        return (model.Backbone.IsCausal ? model.Backbone.Logits(states) : states).data<float>().ToArray();
    }

    public void Dispose()
    {
    }
}

/// <summary>ONNX Runtime.</summary>
internal sealed class OnnxReader : IReader
{
    private readonly InferenceSession _session;

    public OnnxReader(string file, int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        _session = new InferenceSession(file, options);
    }

    public float[] Read(Tokens tokens)
    {
        long[] Of(string name) => name == "input_ids" ? tokens.Ids : [.. Enumerable.Repeat(name == "attention_mask" ? 1L : 0L, tokens.Count)];
        OrtValue[] values = [.. _session.InputNames.Select(name => OrtValue.CreateTensorValueFromMemory(Of(name), tokens.Shape))];
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, _session.InputNames, values, [_session.OutputNames[0]]);
        float[] numbers = results[0].GetTensorDataAsSpan<float>().ToArray();
        foreach (OrtValue value in values)
        {
            value.Dispose();
        }

        return numbers;
    }

    public void Dispose() => _session.Dispose();
}
