namespace MLNet.Dispersion.Serving;

/// <summary>What a server did in its last minutes, second by second. Thread-safe.</summary>
/// <param name="clock">The time; null for the system's.</param>
internal sealed class RecentTraffic(TimeProvider? clock = null)
{
    /// <summary>The seconds that are kept.</summary>
    internal const int Seconds = 300;

    private const int KeptDurations = 4096;
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Second[] _seconds = new Second[Seconds];
    private readonly (long At, double Milliseconds)[] _durations = new (long, double)[KeptDurations];
    private long _answers;

    internal void Answered(int status, TimeSpan duration)
    {
        lock (_gate)
        {
            ref Second second = ref Now(out long at);
            second.Requests++;
            second.Rejected += status == 429 ? 1 : 0;
            second.Errors += status >= 500 ? 1 : 0;

            // A refusal takes no time and says nothing of how long answers take.
            if (status < 400)
            {
                _durations[_answers++ % KeptDurations] = (at, duration.TotalMilliseconds);
            }
        }
    }

    internal void Computed(int rows)
    {
        lock (_gate)
        {
            ref Second second = ref Now(out _);
            second.Rows += rows;
            second.Batches++;
        }
    }

    internal void Wrote(int tokens)
    {
        lock (_gate)
        {
            Now(out _).Tokens += tokens;
        }
    }

    /// <summary>The last seconds, oldest first, the running one left out; and the durations of the last minute's answers.</summary>
    internal TrafficPicture Picture()
    {
        lock (_gate)
        {
            long now = _clock.GetUtcNow().ToUnixTimeSeconds();
            Second[] seconds = [.. Enumerable.Range(0, Seconds).Select(i => now - Seconds + i).Select(at => _seconds[at % Seconds] is var second && second.At == at ? second : new Second { At = at })];
            double[] durations = [.. _durations.Take((int)Math.Min(_answers, KeptDurations)).Where(duration => duration.At > now - 60).Select(duration => duration.Milliseconds).Order()];
            return new TrafficPicture(seconds, Quantile(durations, 0.5), Quantile(durations, 0.99));
        }
    }

    private static double? Quantile(double[] sorted, double share) => sorted.Length == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];

    private ref Second Now(out long at)
    {
        at = _clock.GetUtcNow().ToUnixTimeSeconds();
        ref Second second = ref _seconds[at % Seconds];
        if (second.At != at)
        {
            second = new Second { At = at };
        }

        return ref second;
    }

    /// <summary>What was done in one second.</summary>
    internal struct Second
    {
        internal long At;
        internal int Requests;
        internal int Rejected;
        internal int Errors;
        internal int Rows;
        internal int Batches;
        internal long Tokens;
    }
}

/// <summary>The last minutes of a server.</summary>
/// <param name="Seconds">The seconds, oldest first.</param>
/// <param name="MedianMilliseconds">The median duration of the last minute's answers; null where there were none.</param>
/// <param name="P99Milliseconds">Their 99th percentile.</param>
internal sealed record TrafficPicture(IReadOnlyList<RecentTraffic.Second> Seconds, double? MedianMilliseconds, double? P99Milliseconds);
