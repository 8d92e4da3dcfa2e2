using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>A server of this process at a free port of the loopback, with a client.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private static readonly JsonSerializerOptions AsWritten = new();
    private readonly WebApplication _app;

    private RunningServer(WebApplication app, LogRecorder logs)
    {
        (_app, Logs) = (app, logs);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient(new HttpClientHandler { UseProxy = false }) { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    internal Uri Address { get; }

    internal HttpClient Client { get; }

    internal LogRecorder Logs { get; }

    internal Engines Engines => _app.Services.GetRequiredService<Engines>();

    internal ServingMetrics Metrics => _app.Services.GetRequiredService<ServingMetrics>();

    internal static async Task<RunningServer> Start(string model, Action<ServingOptions>? change = null)
    {
        var options = new ServingOptions { ModelPath = model, Port = 0, Drift = null };
        change?.Invoke(options);
        var logs = new LogRecorder();
        WebApplication app = DispersionServer.Create(options, builder =>
        {
            builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        });
        await app.StartAsync();
        return new RunningServer(app, logs);
    }

    internal Task<HttpResponseMessage> Post(string path, object body, CancellationToken cancel = default) => Client.PostAsJsonAsync(path, body, AsWritten, cancel);

    internal Task<HttpResponseMessage> PostText(string path, string json, string type = "application/json") => Client.PostAsync(path, new StringContent(json, Encoding.UTF8, type));

    /// <summary>The answer of a request that must succeed.</summary>
    internal async Task<JsonElement> Json(string path, object body)
    {
        using HttpResponseMessage response = await Post(path, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The error of a request that must be refused.</summary>
    internal async Task<JsonElement> Refused(string path, object body, int status) => await Error(await Post(path, body), status);

    internal static async Task<JsonElement> Error(HttpResponseMessage response, int status)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} instead of {status}: {text}");
        JsonElement error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(field => field.Name));
        return error;
    }

    internal Task Stop() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>Keeps everything that is logged. Thread-safe.</summary>
internal sealed class LogRecorder : ILoggerProvider, ILogger
{
    private readonly StringBuilder _text = new();

    internal string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Add($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Add($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
        // There is nothing to free.
    }

    private void Add(string line)
    {
        lock (_text)
        {
            _text.AppendLine(line);
        }
    }
}
