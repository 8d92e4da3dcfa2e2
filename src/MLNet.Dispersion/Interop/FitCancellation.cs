using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The two ways in which a fit is cancelled, the options' token and the MLContext, as one.</summary>
internal sealed class FitCancellation : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly HostCancellation _host;
    private readonly CancellationToken _callers;

    internal FitCancellation(IHostEnvironment host, CancellationToken callers)
    {
        _host = new HostCancellation(host);
        _callers = callers;
        _source = CancellationTokenSource.CreateLinkedTokenSource(callers);
    }

    /// <summary>Cancelled when the caller cancels, or once <see cref="Poll"/> has seen the MLContext cancelled.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>Looks at the MLContext, which tells nobody by itself.</summary>
    internal void Poll()
    {
        if (_host.IsRequested)
        {
            _source.Cancel();
        }
    }

    internal void ThrowIfRequested()
    {
        _callers.ThrowIfCancellationRequested();
        _host.ThrowIfRequested();
    }

    public void Dispose() => _source.Dispose();
}
