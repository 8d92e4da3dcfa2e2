using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace MLNet.Dispersion.Serving;

/// <summary>What a server says of itself: whether it lives and is ready, its model, its figures, and the page that shows them.</summary>
internal sealed class StateEndpoints(Engines engines, ServingMetrics metrics, IHostApplicationLifetime lifetime)
{
    private static readonly string Page = ReadPage();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    private bool IsReady => !engines.IsClosed && !lifetime.ApplicationStopping.IsCancellationRequested;

    internal static Task Health(HttpContext context) => Gate.Write(context, new { status = "ok" });

    internal Task Ready(HttpContext context) => Gate.Write(context, new { status = IsReady ? "ready" : "stopping" }, IsReady ? 200 : 503);

    internal Task Models(HttpContext context) => Gate.Write(context, new { @object = "list", data = new[] { Card() } });

    internal Task OneModel(HttpContext context) => context.Request.RouteValues["id"] as string == engines.Model.Name
        ? Gate.Write(context, Card())
        : throw new ApiException(404, $"The model is not here; this server has '{engines.Model.Name}'.", "model", "model_not_found");

    internal Task Unknown(HttpContext context) =>
        throw new ApiException(404, $"There is no such endpoint for {context.Request.Method}. The model '{engines.Model.Name}' answers POST {engines.Model.Endpoints}; GET /v1/models names it.", code: "unknown_endpoint");

    internal Task Stats(HttpContext context)
    {
        TrafficPicture traffic = metrics.Traffic.Picture();
        GeometryPicture? geometry = engines.Watch?.Picture();
        return Gate.Write(context, new
        {
            model = engines.Model.Name,
            endpoints = engines.Model.Endpoints,
            isReady = IsReady,
            uptimeSeconds = (DateTimeOffset.UtcNow - _started).TotalSeconds,
            seconds = traffic.Seconds.Select(second => new { at = second.At, requests = second.Requests, rows = second.Rows, batches = second.Batches, rejected = second.Rejected, errors = second.Errors, tokens = second.Tokens }),
            medianMilliseconds = traffic.MedianMilliseconds,
            p99Milliseconds = traffic.P99Milliseconds,
            queues = new[] { Queue(engines.Rows?.Settings, engines.Rows?.Waiting), Queue(engines.Embeddings?.Settings, engines.Embeddings?.Waiting), Queue(engines.Writing?.Settings, engines.Writing?.Waiting) }.Where(queue => queue is not null),
            geometry = geometry is null ? null : new
            {
                isWatching = geometry.IsWatching,
                isAlarm = geometry.Windows.LastOrDefault()?.IsAlarm ?? false,
                falseAlarmRate = geometry.FalseAlarmRate,
                baselineTexts = geometry.BaselineTexts,
                baselineSize = geometry.BaselineSize,
                baseline = geometry.Baseline is { } mean ? new { mean = mean.Estimate, lower = mean.Lower, upper = mean.Upper } : null,
                inWindow = geometry.InWindow,
                windowSize = geometry.WindowSize,
                failed = geometry.Failed,
                figures = geometry.Figures.Select(figure => new { at = figure.At.ToUnixTimeMilliseconds(), cosine = figure.Figure }),
                windows = geometry.Windows.Select(window => new { at = window.At.ToUnixTimeMilliseconds(), mean = window.Mean.Estimate, lower = window.Mean.Lower, upper = window.Mean.Upper, p = window.P, isAlarm = window.IsAlarm }),
            },
        });
    }

    internal static Task ShowPage(HttpContext context)
    {
        string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return context.Response.WriteAsync(Page.Replace("{{nonce}}", nonce, StringComparison.Ordinal), context.RequestAborted);
    }

    private static object? Queue(BatchSettings? settings, int? waiting) => settings is null ? null : new { name = settings.Name, rows = waiting, capacity = settings.MaxWaiting };

    private static string ReadPage()
    {
        using Stream stream = typeof(StateEndpoints).Assembly.GetManifestResourceStream("page.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private object Card() => new { id = engines.Model.Name, @object = "model", created = engines.Model.Created.ToUnixTimeSeconds(), owned_by = "mlnet-dispersion" };
}
