using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>What a server tells of itself, and what it never tells.</summary>
public sealed class TelemetryTests
{
    private const string Secret = "Zyxwvutsecret";

    [Fact]
    public async Task Requests_OfEveryKindAndFault_LeaveNoTextInLogsMetricsAndTraces()
    {
        var told = new ConcurrentQueue<string>();
        using var activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => told.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(one => one.Tags))} {string.Join(' ', activity.Baggage)}"),
        };
        ActivitySource.AddActivityListener(activities);
        using var meters = Listen((instrument, value, tags) => told.Enqueue($"{instrument} {value} {tags}"));
        await using RunningServer chat = await RunningServer.Start(SavedModels.Chat, options => options.Drift = new DriftOptions { SampleEvery = 1 });
        await using RunningServer rows = await RunningServer.Start(SavedModels.Classifier, options => options.Drift = new DriftOptions { SampleEvery = 1 });

        foreach (string body in new[] { $"{{\"prompt\":\"{Secret} refund\",\"max_tokens\":3}}", $"{{\"prompt\":\"{Secret}\",\"stream\":true,\"max_tokens\":3}}", $"{{\"prompt\":\"{Secret}\",\"{Secret}\":1}}", $"{{\"prompt\":\"{Secret}", $"{{\"prompt\":\"{string.Concat(Enumerable.Repeat(Secret, 30))}\"}}" })
        {
            await chat.PostText("/v1/completions", body);
        }

        await chat.PostText("/v1/chat/completions", $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"{Secret}\"}}],\"max_tokens\":3}}");
        await chat.PostText("/v1/embeddings", $"{{\"input\":\"{Secret}\"}}");
        await rows.PostText("/predict", $"{{\"rows\":[{{\"Text\":\"{Secret}\"}}]}}");
        await rows.PostText("/predict", $"{{\"rows\":[{{\"Text\":\"{Secret}\",\"Number\":\"{Secret}\"}}]}}");
        string All() => chat.Logs.Text + rows.Logs.Text + string.Join('\n', told);
        await Waiting.Until(() => All().Contains("dispersion.serving.geometry.mean_cosine", StringComparison.Ordinal));
        await Task.Delay(1000);

        string all = All();
        Assert.Contains("dispersion.completions", all, StringComparison.Ordinal);
        Assert.Contains("dispersion.serving.batch.rows", all, StringComparison.Ordinal);
        Assert.Contains("dispersion.serving.geometry.mean_cosine", all, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, all, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Instruments_CountWhatWasDone()
    {
        var counted = new ConcurrentDictionary<string, double>();
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        using var meters = Listen((instrument, value, tags) => counted.AddOrUpdate($"{instrument}{tags}", value, (_, before) => before + value));
        await server.Json("/predict", new { rows = new[] { new { Text = "a" }, new { Text = "b" } } });
        await server.Refused("/predict", new { }, 400);
        await Waiting.Until(() => counted.ContainsKey("dispersion.serving.requests endpoint=predict status=400") && counted.ContainsKey("dispersion.serving.request.duration endpoint=predict status=200"));

        Assert.InRange(counted["dispersion.serving.requests endpoint=predict status=200"], 1, double.MaxValue);
        Assert.InRange(counted["dispersion.serving.requests endpoint=predict status=400"], 1, double.MaxValue);
        Assert.InRange(counted["dispersion.serving.batch.rows queue=predict"], 2, double.MaxValue);
        Assert.True(counted["dispersion.serving.request.duration endpoint=predict status=200"] > 0);
        meters.RecordObservableInstruments();
        Assert.Contains("dispersion.serving.queue.rows queue=predict", counted.Keys);
    }

    private static MeterListener Listen(Action<string, double, string> told)
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, listening) => { if (instrument.Meter.Name == ServingTelemetry.MeterName) { listening.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => told(instrument.Name, value, Text(tags)));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => told(instrument.Name, value, Text(tags)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => told(instrument.Name, value, Text(tags)));
        listener.Start();
        return listener;
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Concat(tags.ToArray().Select(tag => $" {tag.Key}={tag.Value}"));
}
