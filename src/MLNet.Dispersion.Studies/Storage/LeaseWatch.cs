using System.Diagnostics;

namespace MLNet.Dispersion.Studies;

/// <summary>Tells which running trials have lost their worker. The database's clock says so; where it was set forwards or back, this process's stopwatch.</summary>
/// <remarks>
/// A worker at work renews its lease four times as often as it must, so a lease that stays the same for longer than itself, by the stopwatch, is nobody's, whatever the clocks say.
/// And a clock that ran differently from the stopwatch between two looks is not believed for the length of a lease. For one thread at a time.
/// </remarks>
internal sealed class LeaseWatch
{
    /// <summary>Of a lease: by the stopwatch it is over a little later than by the clock, since the look at it came later than it.</summary>
    private const double Patience = 1.25;
    private static readonly TimeSpan SmallestJump = TimeSpan.FromSeconds(1);
    private readonly Dictionary<long, (long Attempt, long End, long Since)> _seen = [];
    private readonly Func<long> _stopwatch;
    private (long Clock, long Stamp)? _last;
    private long? _jumped;

    /// <summary>Begins to watch.</summary>
    /// <param name="stopwatch">Ticks as <see cref="Stopwatch.GetTimestamp"/> gives them; null for those.</param>
    internal LeaseWatch(Func<long>? stopwatch = null) => _stopwatch = stopwatch ?? Stopwatch.GetTimestamp;

    /// <summary>The first trial that another worker may take over; null for none.</summary>
    /// <param name="held">All running trials, by number.</param>
    internal long? Lapsed(IReadOnlyList<HeldTrial> held)
    {
        long stamp = _stopwatch();
        Look(held, stamp);
        long? lapsed = null;
        foreach (HeldTrial trial in held)
        {
            if (!_seen.TryGetValue(trial.Number, out var seen) || seen.Attempt != trial.Attempt || seen.End != trial.End)
            {
                seen = _seen[trial.Number] = (trial.Attempt, trial.End, stamp);
            }

            bool believed = _jumped is not { } jumped || Stopwatch.GetElapsedTime(jumped, stamp) > trial.Lease;
            bool over = Stopwatch.GetElapsedTime(seen.Since, stamp) > trial.Lease * Patience || (believed && trial.End < trial.Now);
            lapsed ??= over ? trial.Number : null;
        }

        return lapsed;
    }

    /// <summary>Compares the database's clock with the stopwatch.</summary>
    private void Look(IReadOnlyList<HeldTrial> held, long stamp)
    {
        if (held.Count == 0)
        {
            return;
        }

        long clock = held[0].Now;
        if (_last is { } last)
        {
            TimeSpan difference = (TimeSpan.FromMilliseconds(clock - last.Clock) - Stopwatch.GetElapsedTime(last.Stamp, stamp)).Duration();
            TimeSpan quarter = held.Max(trial => trial.Lease) / 4;
            _jumped = difference > (quarter > SmallestJump ? quarter : SmallestJump) ? stamp : _jumped;
        }

        _last = (clock, stamp);
    }
}

/// <summary>A trial that is running.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Attempt">Which attempt.</param>
/// <param name="End">When its lease is over, in the database's milliseconds.</param>
/// <param name="Lease">How long its worker holds it without a sign of life.</param>
/// <param name="Now">The database's time.</param>
internal readonly record struct HeldTrial(long Number, long Attempt, long End, TimeSpan Lease, long Now);
