namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>ONNX Runtime as an engine that prepares its model once, however often it is chosen.</summary>
internal sealed class KeptEngine(OnnxRuntimeOptions options) : IScoringEngine, IStateReader
{
    private IStateReader? _reader;

    public IStateReader Prepare(PretrainedLanguageModel model)
    {
        _reader ??= new OnnxRuntimeEngine(options).Prepare(model);
        return this;
    }

    public void Read(TokenBatch batch, Span<float> states) => _reader!.Read(batch, states);

    /// <summary>Keeps what it prepared, for the next round.</summary>
    public void Dispose()
    {
    }

    /// <summary>Frees it.</summary>
    public void Free() => _reader?.Dispose();
}
