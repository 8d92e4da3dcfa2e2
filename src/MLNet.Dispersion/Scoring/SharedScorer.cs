using MLNet.Dispersion.Hub;
using MLNet.Dispersion.Training;

namespace MLNet.Dispersion.Scoring;

/// <summary>
/// A scorer that several cursors and prediction engines use at once, on threads of their own: disposing it waits for nobody, turns later calls away
/// and frees the model as soon as the last running call has left.
/// </summary>
internal sealed class SharedScorer(ITextScorer scorer) : IDisposable
{
    private readonly Lock _gate = new();
    private int _running;
    private bool _disposed;

    internal int ClassCount { get; } = scorer.ClassCount;

    /// <inheritdoc cref="ITextScorer.TrainingResult"/>
    internal FineTuneResult? TrainingResult { get; } = scorer.TrainingResult;

    /// <inheritdoc cref="ITextScorer.LanguageModel"/>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal PretrainedLanguageModel LanguageModel
    {
        get
        {
            ThrowIfDisposed();
            return scorer.LanguageModel;
        }
    }

    /// <inheritdoc cref="ITextScorer.Score"/>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal float[] Score(IReadOnlyList<string?> texts, out int truncated)
    {
        Enter();
        try
        {
            return scorer.Score(texts, out truncated);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc cref="ITextScorer.Save"/>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal void Save(CheckpointSink sink)
    {
        Enter();
        try
        {
            scorer.Save(sink);
        }
        finally
        {
            Leave();
        }
    }

    internal void ThrowIfDisposed()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw new ObjectDisposedException(
                    nameof(FineTuneWithDispersionTransformer),
                    "The fine-tuned model was disposed. A PredictionEngine disposes the model it was made from, unless it is created with new PredictionEngineOptions { OwnsTransformer = false }.");
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_running > 0)
            {
                return;
            }
        }

        scorer.Dispose();
    }

    private void Enter()
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            _running++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _running--;
            if (!_disposed || _running > 0)
            {
                return;
            }
        }

        scorer.Dispose();
    }
}
