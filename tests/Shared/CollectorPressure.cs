namespace MLNet.Dispersion.Tests;

/// <summary>Collects garbage and runs finalizers on threads of its own, without a pause, until it is disposed.</summary>
internal sealed class CollectorPressure : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _stop;

    public CollectorPressure()
    {
        _thread = new Thread(Collect) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Collect()
    {
        while (!_stop)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }
    }
}
