using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Serving;

/// <summary>Measures sampled texts beside the serving, on a thread of its own, and tells of drift. Thread-safe.</summary>
internal sealed class GeometryWatch : IDisposable
{
    private const int KeptWindows = 500;
    private const int KeptFigures = 300;
    private readonly PretrainedLanguageModel _model;
    private readonly string _modelName;
    private readonly DriftOptions _options;
    private readonly ServingMetrics _metrics;
    private readonly ILogger _log;
    private readonly Channel<string> _texts = Channel.CreateBounded<string>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _gate = new();
    private readonly DriftAlarm _alarm;
    private readonly Queue<DriftWindow> _windows = new();
    private readonly Queue<(DateTimeOffset At, double Figure)> _figures = new();
    private readonly string[] _baselineTexts = [];
    private readonly Thread _thread;
    private long _offered;
    private int _failed;
    private volatile bool _stopped;

    /// <param name="model">The model; it must live until this is disposed.</param>
    /// <param name="modelName">What clients call it.</param>
    /// <param name="options">How; checked.</param>
    /// <param name="metrics">Told of every figure.</param>
    /// <param name="log">Told of alarms; never of a text.</param>
    /// <exception cref="ModelFileException">The baseline's file cannot be read, or belongs to another model.</exception>
    internal GeometryWatch(PretrainedLanguageModel model, string modelName, DriftOptions options, ServingMetrics metrics, ILogger log)
    {
        (_model, _modelName, _options, _metrics, _log) = (model, modelName, options, metrics, log);
        _alarm = new DriftAlarm(options.BaselineTexts, options.WindowTexts, options.FalseAlarmRate);
        if (options.BaselinePath is { } path)
        {
            if (IsTexts(path))
            {
                _baselineTexts = ReadTexts(path, options.BaselineTexts);
            }
            else if (File.Exists(path))
            {
                _alarm.Begin(DriftBaseline.Read(path, modelName, options.MaxTokens).MeanCosineOffDiagonal);
            }
        }

        metrics.ObserveDrift(() => IsAlarm);
        _thread = new Thread(Run) { IsBackground = true, Name = "geometry of served texts" };
        _thread.Start();
    }

    /// <summary>Whether the last window differed from the baseline.</summary>
    internal bool IsAlarm
    {
        get
        {
            lock (_gate)
            {
                return _windows.LastOrDefault()?.IsAlarm ?? false;
            }
        }
    }

    /// <summary>Counts a served text, and has every n-th measured; left out where measuring does not keep up.</summary>
    internal void Offer(string text)
    {
        if (Interlocked.Increment(ref _offered) % _options.SampleEvery == 0)
        {
            _texts.Writer.TryWrite(text);
        }
    }

    /// <summary>What the page shows.</summary>
    internal GeometryPicture Picture()
    {
        lock (_gate)
        {
            return new GeometryPicture(
                _alarm.IsWatching,
                _alarm.Baseline.Count,
                _options.BaselineTexts,
                _alarm.Baseline.Count > 1 ? MeanInterval.T(_alarm.Baseline) : null,
                _alarm.InWindow,
                _options.WindowTexts,
                _options.FalseAlarmRate,
                _failed,
                [.. _figures],
                [.. _windows]);
        }
    }

    /// <summary>Stops as soon as the text that is being measured is done.</summary>
    public void Dispose()
    {
        _stopped = true;
        _texts.Writer.TryComplete();
        _thread.Join();
    }

    private static bool IsTexts(string path) => path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    private static string[] ReadTexts(string path, int count)
    {
        string[] texts;
        try
        {
            texts = [.. File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line)).Take(count)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"The baseline's texts cannot be read: {e.Message}", innerException: e);
        }

        return texts.Length >= count ? texts : throw new ModelFileException(path, $"It holds {texts.Length} texts, one a line, and the baseline needs {count}. Add texts, or lower ServingOptions.Drift.BaselineTexts.");
    }

    private void Run()
    {
        foreach (string text in _baselineTexts)
        {
            Measure(text);
        }

        lock (_gate)
        {
            // Some were too short to have a cosine.
            if (_baselineTexts.Length > 0 && !_alarm.IsWatching && !_stopped)
            {
                ServingLog.BaselineIsShort(_log, _alarm.Baseline.Count, _options.BaselineTexts);
            }
        }

        ChannelReader<string> texts = _texts.Reader;
        while (!_stopped && texts.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (!_stopped && texts.TryRead(out string? text))
            {
                Measure(text);
            }
        }
    }

    private void Measure(string text)
    {
        try
        {
            int[] ids = _model.Tokenizer.Encode(text, _options.MaxTokens).Ids;
            if (_stopped || ids.Length < 2)
            {
                return;
            }

            double figure = CondensationProbe.Measure(_model.Backbone, [ids], _options.MaxTokens, histograms: false).Layers[^1].MeanCosineOffDiagonal;
            _metrics.Measured(figure);
            Add(figure);
        }
        catch (Exception e)
        {
            // Whatever a text brings about must not end the watch; its message may quote the text.
            Interlocked.Increment(ref _failed);
            ServingLog.GeometryFailed(_log, e.GetType().Name);
        }
    }

    private void Add(double figure)
    {
        DriftBaseline? whole = null;
        lock (_gate)
        {
            bool watched = _alarm.IsWatching;
            DateTimeOffset now = DateTimeOffset.UtcNow;
            if (_alarm.Add(figure, now) is { } window)
            {
                Keep(_windows, window, KeptWindows);
                Tell(window);
            }

            Keep(_figures, (now, figure), KeptFigures);
            if (!watched && _alarm.IsWatching && _options.BaselinePath is { } path && !IsTexts(path))
            {
                whole = new DriftBaseline(_modelName, _options.MaxTokens, [.. _alarm.Baseline]);
            }
        }

        whole?.Write(_options.BaselinePath!);
    }

    private void Tell(DriftWindow window)
    {
        if (window.IsAlarm)
        {
            ServingLog.GeometryDrifts(_log, window.Texts, window.Mean.Estimate, _alarm.Baseline.Average(), window.P);
        }
    }

    private static void Keep<T>(Queue<T> queue, T item, int most)
    {
        queue.Enqueue(item);
        if (queue.Count > most)
        {
            queue.Dequeue();
        }
    }
}

/// <summary>The geometry of served texts, as the page shows it.</summary>
internal sealed record GeometryPicture(
    bool IsWatching,
    int BaselineTexts,
    int BaselineSize,
    Interval? Baseline,
    int InWindow,
    int WindowSize,
    double FalseAlarmRate,
    int Failed,
    IReadOnlyList<(DateTimeOffset At, double Figure)> Figures,
    IReadOnlyList<DriftWindow> Windows);
