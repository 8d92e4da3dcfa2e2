namespace MLNet.Dispersion;

/// <summary>
/// A model that several cursors and prediction engines use at once, on threads of their own: disposing it waits for nobody, turns later calls away
/// and frees the model as soon as the last running call has left.
/// </summary>
/// <param name="model">The model; owned from then on.</param>
/// <param name="owner">The public type that holds it, for error messages.</param>
/// <param name="what">What the model is called in error messages, such as <c>fine-tuned model</c>.</param>
internal sealed class SharedModel<TModel>(TModel model, string owner, string what) : IDisposable
    where TModel : class, IDisposable
{
    private readonly Lock _gate = new();
    private int _running;
    private bool _disposed;

    /// <summary>The model, outside any call: whoever takes it must not outlive its owner.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal TModel Unguarded
    {
        get
        {
            ThrowIfDisposed();
            return model;
        }
    }

    /// <summary>Calls the model, which stays alive until the call has returned.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal TResult Use<TResult>(Func<TModel, TResult> call)
    {
        Enter();
        try
        {
            return call(model);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc cref="Use{TResult}"/>
    internal void Use(Action<TModel> call) => Use(model =>
    {
        call(model);
        return true;
    });

    internal void ThrowIfDisposed()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw new ObjectDisposedException(
                    owner,
                    $"The {what} was disposed. A PredictionEngine disposes the model it was made from, unless it is created with new PredictionEngineOptions {{ OwnsTransformer = false }}.");
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

        model.Dispose();
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

        model.Dispose();
    }
}
