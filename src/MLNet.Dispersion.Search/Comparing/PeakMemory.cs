namespace MLNet.Dispersion;

/// <summary>Watches how much memory this process holds, from its making to its disposing.</summary>
internal sealed class PeakMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private readonly Timer _timer;
    private long _most = Environment.WorkingSet;

    internal PeakMemory() => _timer = new Timer(_ => Look(), null, Interval, Interval);

    /// <summary>The most so far, bytes.</summary>
    internal long Most
    {
        get
        {
            Look();
            return Interlocked.Read(ref _most);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long now = Environment.WorkingSet, most;
        while (now > (most = Interlocked.Read(ref _most)) && Interlocked.CompareExchange(ref _most, now, most) != most)
        {
            // Another look came between.
        }
    }
}
