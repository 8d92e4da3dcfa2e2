using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Throughput and time left; validation counts towards elapsed time, not towards throughput.</summary>
internal sealed class TrainingClock
{
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private readonly Stopwatch _steps = new();
    private TimeSpan _earlier;
    private TimeSpan _earlierSteps;

    internal long Tokens { get; private set; }

    /// <summary>Time of training, earlier sessions included.</summary>
    internal TimeSpan Elapsed => _earlier + _all.Elapsed;

    /// <summary>The part of it spent in steps.</summary>
    internal TimeSpan Stepping => _earlierSteps + _steps.Elapsed;

    internal double TokensPerSecond => Stepping.TotalSeconds > 0 ? Tokens / Stepping.TotalSeconds : 0;

    /// <summary>Goes on from what an earlier session had.</summary>
    internal void Restore(long tokens, TimeSpan elapsed, TimeSpan stepping)
    {
        Tokens = tokens;
        (_earlier, _earlierSteps) = (elapsed, stepping);
        _all.Restart();
        _steps.Reset();
    }

    internal T Measure<T>(long tokens, Func<T> step)
    {
        _steps.Start();
        T result = step();
        _steps.Stop();
        Tokens += tokens;
        return result;
    }

    internal TimeSpan Remaining(int done, int total) => done == 0 ? TimeSpan.Zero : Elapsed * ((double)(total - done) / done);
}
