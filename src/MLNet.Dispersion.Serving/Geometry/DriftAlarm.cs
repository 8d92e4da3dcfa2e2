using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Serving;

/// <summary>Compares windows of figures with a baseline. Not thread-safe.</summary>
/// <param name="baselineSize">Figures of the baseline.</param>
/// <param name="windowSize">Figures of a window.</param>
/// <param name="falseAlarmRate">The probability with which a window of the baseline's own source raises the alarm.</param>
internal sealed class DriftAlarm(int baselineSize, int windowSize, double falseAlarmRate)
{
    private readonly List<double> _baseline = [];
    private readonly List<double> _window = [];

    /// <summary>The baseline; shorter than it will be as long as it is taken.</summary>
    internal IReadOnlyList<double> Baseline => _baseline;

    /// <summary>Whether the baseline is whole.</summary>
    internal bool IsWatching { get; private set; }

    /// <summary>How many figures the running window has.</summary>
    internal int InWindow => _window.Count;

    /// <summary>Takes a baseline that was measured before.</summary>
    internal void Begin(IEnumerable<double> baseline)
    {
        _baseline.AddRange(baseline);
        IsWatching = true;
    }

    /// <summary>Adds a figure, to the baseline first.</summary>
    /// <returns>The window that it ended; null where it ended none.</returns>
    internal DriftWindow? Add(double figure, DateTimeOffset at)
    {
        if (!IsWatching)
        {
            _baseline.Add(figure);
            IsWatching = _baseline.Count >= baselineSize;
            return null;
        }

        _window.Add(figure);
        if (_window.Count < windowSize)
        {
            return null;
        }

        RankSumTest test = RankSumTest.Of(_baseline, _window);
        double p = Math.Min(1, 2 * Math.Min(test.PSmaller, test.PLarger));
        var window = new DriftWindow(at, _window.Count, MeanInterval.T(_window), p, p < falseAlarmRate);
        _window.Clear();
        return window;
    }
}

/// <summary>A window that was compared with the baseline.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Texts">Its figures.</param>
/// <param name="Mean">Their mean with its 95 % interval.</param>
/// <param name="P">The two-sided p of the rank-sum test.</param>
/// <param name="IsAlarm">Whether it raised the alarm.</param>
internal sealed record DriftWindow(DateTimeOffset At, int Texts, Interval Mean, double P, bool IsAlarm);
