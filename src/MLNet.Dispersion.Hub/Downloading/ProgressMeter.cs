namespace MLNet.Dispersion.Hub;

/// <summary>Counts the bytes of several files and tells how far they have come, several times a second. Not thread-safe.</summary>
internal sealed class ProgressMeter(IProgress<HubProgress>? listener, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>When which number of bytes had come over the network, in the last seconds.</summary>
    private readonly Queue<(long Time, long Bytes)> _samples = new([(time.GetTimestamp(), 0)]);
    private long _lastReport = time.GetTimestamp();
    private long _received;
    private long _done;
    private long _total;
    private string _file = "";
    private long _fileBytes;
    private long _fileSize;

    /// <summary>Names the files that are to come.</summary>
    internal void Expect(long bytes) => _total += bytes;

    /// <summary>Begins a file of which some bytes are there.</summary>
    internal void Begin(string file, long size, long there)
    {
        (_file, _fileSize, _fileBytes) = (file, size, there);
        _done += there;
        Report();
    }

    /// <summary>Counts bytes that came.</summary>
    internal void Add(int bytes)
    {
        _received += bytes;
        _done += bytes;
        _fileBytes += bytes;
        if (time.GetElapsedTime(_lastReport) >= Interval)
        {
            Report();
        }
    }

    /// <summary>Begins the file again: what was there of it is worth nothing.</summary>
    internal void Restart()
    {
        _done -= _fileBytes;
        _fileBytes = 0;
    }

    /// <summary>Ends the file.</summary>
    internal void End() => Report();

    private void Report()
    {
        _lastReport = time.GetTimestamp();
        if (listener is null)
        {
            return;
        }

        _samples.Enqueue((_lastReport, _received));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Time, _lastReport) > Window)
        {
            _samples.Dequeue();
        }

        (long since, long before) = _samples.Peek();
        double seconds = time.GetElapsedTime(since, _lastReport).TotalSeconds;
        double rate = seconds > 0 ? (_received - before) / seconds : 0;
        listener.Report(new HubProgress
        {
            File = _file,
            FileBytes = _fileBytes,
            FileSize = _fileSize,
            Bytes = _done,
            TotalBytes = _total,
            BytesPerSecond = rate,
            Remaining = rate > 0 ? TimeSpan.FromSeconds(Math.Min((_total - _done) / rate, TimeSpan.FromDays(365).TotalSeconds)) : null,
        });
    }
}
