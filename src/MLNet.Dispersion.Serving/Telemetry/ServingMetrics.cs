using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MLNet.Dispersion.Serving;

/// <summary>The instruments of a server and what its page shows of the last minutes. Thread-safe.</summary>
internal sealed class ServingMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _tokens;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batchRows;
    private readonly Histogram<double> _batchDuration;
    private readonly Histogram<double> _waited;
    private readonly Histogram<double> _cosine;

    public ServingMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(ServingTelemetry.MeterName);
        _requests = _meter.CreateCounter<long>("dispersion.serving.requests", "{request}", "Answered requests, by endpoint and status.");
        _duration = _meter.CreateHistogram<double>("dispersion.serving.request.duration", "s", "From a request's headers to the end of its answer, by endpoint and status.");
        _batchRows = _meter.CreateHistogram<int>("dispersion.serving.batch.rows", "{row}", "Rows that were computed in one pass.");
        _batchDuration = _meter.CreateHistogram<double>("dispersion.serving.batch.duration", "s", "How long a pass took.");
        _waited = _meter.CreateHistogram<double>("dispersion.serving.queue.duration", "s", "How long a request waited for an engine.");
        _tokens = _meter.CreateCounter<long>("dispersion.serving.generated_tokens", "{token}", "Tokens that were written.");
        _cosine = _meter.CreateHistogram<double>("dispersion.serving.geometry.mean_cosine", "1", "Mean cosine between different tokens of a sampled text in the model's last layer.");
    }

    /// <summary>Where activities come from.</summary>
    internal static ActivitySource Activities { get; } = new(ServingTelemetry.ActivitySourceName);

    /// <summary>What the page shows.</summary>
    internal RecentTraffic Traffic { get; } = new();

    /// <summary>Shows how many rows wait in a queue.</summary>
    internal void ObserveQueue(string name, Func<int> waiting) =>
        _meter.CreateObservableGauge("dispersion.serving.queue.rows", () => new Measurement<int>(waiting(), new KeyValuePair<string, object?>("queue", name)), "{row}", "Rows that wait for an engine.");

    /// <summary>Shows whether the alarm of drift is on.</summary>
    internal void ObserveDrift(Func<bool> isOn) =>
        _meter.CreateObservableGauge("dispersion.serving.geometry.drift", () => isOn() ? 1 : 0, "1", "1 while the last window of sampled texts differs from the baseline, else 0.");

    internal void Answered(string endpoint, int status, TimeSpan duration)
    {
        var tags = new TagList { { "endpoint", endpoint }, { "status", status } };
        _requests.Add(1, tags);
        _duration.Record(duration.TotalSeconds, tags);

        // Who looks at the page is no traffic.
        if (endpoint is "predict" or "embeddings" or "completions" or "chat")
        {
            Traffic.Answered(status, duration);
        }
    }

    internal void Computed(string queue, int rows, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("queue", queue);
        _batchRows.Record(rows, tag);
        _batchDuration.Record(duration.TotalSeconds, tag);
        Traffic.Computed(rows);
    }

    internal void Waited(string queue, TimeSpan duration) => _waited.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("queue", queue));

    internal void Wrote(int tokens)
    {
        _tokens.Add(tokens);
        Traffic.Wrote(tokens);
    }

    internal void Measured(double cosine) => _cosine.Record(cosine);
}
