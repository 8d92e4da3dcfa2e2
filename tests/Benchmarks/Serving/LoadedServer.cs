using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Benchmarks.Serving;

/// <summary>A server in this process and clients that ask it over the loopback, each again as soon as it has its answer.</summary>
internal static class LoadedServer
{
    private static readonly JsonSerializerOptions AsWritten = new();

    internal static async Task<Measurement> Measure(string setting, ServingOptions options, Subject subject, int clients, TimeSpan warmUp, TimeSpan measured, CancellationToken cancel)
    {
        await using WebApplication server = DispersionServer.Create(options, builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await server.StartAsync(cancel);
        long rows = 0, passes = 0;
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ServingTelemetry.MeterName && instrument.Name == "dispersion.serving.batch.rows")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<int>((_, value, _, _) =>
        {
            Interlocked.Add(ref rows, value);
            Interlocked.Increment(ref passes);
        });
        meters.Start();

        var durations = new ConcurrentBag<double>();
        int refused = 0, errors = 0;
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients, UseProxy = false }) { BaseAddress = new Uri(server.Urls.First()) };
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => Ask(client), cancel)));
        await server.StopAsync(cancel);
        return Measurement.Of(setting, clients, measured, durations, refused, errors, passes == 0 ? null : Math.Round((double)rows / passes, 2));

        async Task Ask(int client)
        {
            for (int i = client; Stopwatch.GetElapsedTime(start) is var now && now < warmUp + measured; i++)
            {
                int text = i % subject.Texts.Count;
                long asked = Stopwatch.GetTimestamp();
                try
                {
                    using HttpResponseMessage answer = await http.PostAsJsonAsync("/predict", new { rows = new[] { new { Text = subject.Texts[text] } } }, AsWritten, cancel);
                    if (answer.StatusCode == HttpStatusCode.OK)
                    {
                        JsonElement said = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
                        bool right = said.GetProperty("rows")[0].GetProperty("PredictedLabel").GetString() == subject.Labels[text];
                        if (now >= warmUp && right)
                        {
                            durations.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                        }

                        Interlocked.Add(ref errors, right ? 0 : 1);
                    }
                    else if (answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter is not null)
                    {
                        Interlocked.Increment(ref refused);

                        // A client that is refused waits; not the second that it is told, so that the load stays high.
                        await Task.Delay(50, cancel);
                    }
                    else
                    {
                        Interlocked.Increment(ref errors);
                    }
                }
                catch (HttpRequestException)
                {
                    Interlocked.Increment(ref errors);
                }
            }
        }
    }
}
