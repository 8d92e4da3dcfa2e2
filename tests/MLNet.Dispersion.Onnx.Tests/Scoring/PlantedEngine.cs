namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Says of every token the same, so that its scores are nobody else's, and counts what it made.</summary>
internal sealed class PlantedEngine : IScoringEngine
{
    private int _alive;

    public int Prepared { get; private set; }

    public int Alive => Volatile.Read(ref _alive);

    public IStateReader Prepare(PretrainedLanguageModel model)
    {
        Prepared++;
        Interlocked.Increment(ref _alive);
        return new Reader(this);
    }

    private sealed class Reader(PlantedEngine engine) : IStateReader
    {
        private bool _disposed;

        public void Read(TokenBatch batch, Span<float> states)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            states.Fill(0.5f);
        }

        public void Dispose()
        {
            Assert.False(_disposed);
            _disposed = true;
            Interlocked.Decrement(ref engine._alive);
        }
    }
}
