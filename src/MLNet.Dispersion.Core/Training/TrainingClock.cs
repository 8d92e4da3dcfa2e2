using System.Diagnostics;

namespace MLNet.Dispersion.Training;

/// <summary>Throughput and time left; validation counts towards elapsed time, not towards throughput.</summary>
internal sealed class TrainingClock
{
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private readonly Stopwatch _steps = new();

    internal long Tokens { get; private set; }

    internal TimeSpan Elapsed => _all.Elapsed;

    internal double TokensPerSecond => _steps.Elapsed.TotalSeconds > 0 ? Tokens / _steps.Elapsed.TotalSeconds : 0;

    internal T Measure<T>(long tokens, Func<T> step)
    {
        _steps.Start();
        T result = step();
        _steps.Stop();
        Tokens += tokens;
        return result;
    }

    internal TimeSpan Remaining(int done, int total) => done == 0 ? TimeSpan.Zero : _all.Elapsed * ((double)(total - done) / done);
}
