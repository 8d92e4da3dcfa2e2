using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Tool;

/// <summary>Shows how far something is and how long it will take: one line that is written anew where somebody looks at it, else a line every ten seconds.</summary>
internal sealed class ProgressLine(TextWriter writer, bool isLive) : IDisposable, IProgress<TrainingProgress>, IProgress<CondensationProgress>, IProgress<ComparisonProgress>, IProgress<HubProgress>
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _pause = isLive ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(10);
    private long? _lastTime;
    private int _lastLength;

    /// <summary>The last optimizer step that was told of; 0 before the first.</summary>
    public int LastStep { get; private set; }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        LastStep = value.Step;
        string validation = value.ValidationLoss is { } loss ? Invariant($", held-out loss {loss:0.000}") : "";
        Show(
            Invariant($"step {value.Step} of {value.TotalSteps}, loss {value.TaskLoss:0.000}{validation}, {value.TokensPerSecond:0} tokens/s"),
            value.Remaining,
            value.ValidationLoss is not null || value.Step == value.TotalSteps);
    }

    /// <inheritdoc/>
    public void Report(CondensationProgress value) => Show(Invariant($"measuring, {100 * value.Share:0} %"), value.Remaining, value.Share >= 1);

    /// <inheritdoc/>
    public void Report(ComparisonProgress value) => Show(Invariant($"{value.Finished} of {value.Total} trainings"), value.Remaining, value.HasEnded);

    /// <inheritdoc/>
    public void Report(HubProgress value) => Show(Invariant($"{value.File}, {value.Bytes / 1e6:0} of {value.TotalBytes / 1e6:0} MB"), value.Remaining, value.Bytes == value.TotalBytes);

    /// <summary>Ends the line.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (isLive && _lastLength > 0)
            {
                writer.WriteLine();
                _lastLength = 0;
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Left(TimeSpan time) =>
        time.TotalHours >= 1 ? Invariant($"{(int)time.TotalHours} h {time.Minutes:00} min") : time.TotalMinutes >= 1 ? Invariant($"{time.Minutes} min {time.Seconds:00} s") : Invariant($"{Math.Ceiling(time.TotalSeconds):0} s");

    private void Show(string text, TimeSpan? left, bool always)
    {
        lock (_lock)
        {
            if (!always && _lastTime is { } last && Stopwatch.GetElapsedTime(last) < _pause)
            {
                return;
            }

            _lastTime = Stopwatch.GetTimestamp();
            string line = left is { } time ? $"{text}, {Left(time)} left" : text;
            if (isLive)
            {
                writer.Write("\r" + line.PadRight(_lastLength));
                _lastLength = line.Length;
            }
            else
            {
                writer.WriteLine(line);
            }

            writer.Flush();
        }
    }
}
