using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Serving;

/// <summary>What every request passes: who may ask, how errors are answered, and what is counted. Nothing of a request's text is logged. Thread-safe.</summary>
internal sealed class Gate(ServingOptions options, ServingMetrics metrics, ILogger<Gate> log)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly ApiKeys _keys = new(options.ApiKeys);

    /// <summary>A handler behind the gate.</summary>
    /// <param name="endpoint">What metrics call it.</param>
    /// <param name="handle">Answers a request.</param>
    /// <param name="isOpen">Whether it answers without a key.</param>
    internal RequestDelegate Guard(string endpoint, Func<HttpContext, Task> handle, bool isOpen = false) => async context =>
    {
        long start = Stopwatch.GetTimestamp();
        using Activity? activity = ServingMetrics.Activities.StartActivity($"dispersion.{endpoint}", ActivityKind.Server);
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            RefuseStrangers(context, isOpen);
            await handle(context).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            await Answer(context, e).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: 499, as web servers note it.
            context.Response.StatusCode = context.Response.HasStarted ? context.Response.StatusCode : 499;
        }
        catch (BadHttpRequestException e)
        {
            await Answer(context, new ApiException(e.StatusCode, e.StatusCode == 413 ? TooLargeBody() : "The request is damaged.")).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Its message may quote a text.
            ServingLog.RequestFailed(log, endpoint, e.GetType().Name);
            await Answer(context, new ApiException(500, "The server failed; its log names the kind of error.", code: "internal_error")).ConfigureAwait(false);
        }

        activity?.SetTag("http.response.status_code", context.Response.StatusCode);
        metrics.Answered(endpoint, context.Response.StatusCode, Stopwatch.GetElapsedTime(start));
    };

    /// <summary>Reads the body, within its limit.</summary>
    /// <exception cref="ApiException">It is too large, no JSON, or no object.</exception>
    internal async Task<RequestFields> Read(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new ApiException(415, "The body must be JSON: send Content-Type: application/json.");
        }

        if (context.Request.ContentLength > options.MaxBodyBytes)
        {
            throw ApiException.TooLarge(TooLargeBody());
        }

        using var body = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > options.MaxBodyBytes)
            {
                throw ApiException.TooLarge(TooLargeBody());
            }

            body.Write(buffer, 0, read);
        }

        return RequestFields.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    /// <summary>Answers with JSON.</summary>
    internal static Task Write<T>(HttpContext context, T answer, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, Json, context.RequestAborted);
    }

    /// <summary>An answer's piece as JSON.</summary>
    internal static string Serialize<T>(T piece) => JsonSerializer.Serialize(piece, Json);

    /// <summary>An error as OpenAI's interface writes it.</summary>
    internal static object ErrorOf(ApiException e) => new { error = new { message = e.Message, type = e.Kind, param = e.Parameter, code = e.Code } };

    /// <summary>Adds a tag to the request's trace.</summary>
    internal static void Trace(string name, object? value) => Activity.Current?.SetTag(name, value);

    private static async Task Answer(HttpContext context, ApiException e)
    {
        if (context.Response.HasStarted)
        {
            // An answer that is under way cannot become an error any more: it ends without its end mark.
            return;
        }

        context.Response.Clear();
        if (e.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (e.Status == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        try
        {
            await Write(context, ErrorOf(e), e.Status).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client has gone meanwhile.
        }
    }

    private string TooLargeBody() => $"The body has more than the {options.MaxBodyBytes} bytes that this server takes. Send fewer rows at once.";

    private void RefuseStrangers(HttpContext context, bool isOpen)
    {
        if (!_keys.IsEmpty)
        {
            if (!isOpen && !_keys.Admit(context.Request))
            {
                throw new ApiException(401, "A key is needed: send Authorization: Bearer KEY, with a key of this server.", code: "invalid_api_key");
            }
        }
        else if (!options.AllowWithoutKeys)
        {
            // Without keys it is this machine's alone. A page of the web whose name was made to mean this machine brings its own name along.
            bool isHere = context.Connection.LocalIpAddress is not { } address || IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            string host = context.Request.Host.Host.Trim('[', ']');
            if (!isHere || !(string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? named) && IPAddress.IsLoopback(named))))
            {
                throw new ApiException(403, "This server has no keys and answers at the loopback alone, as 127.0.0.1 or localhost.", code: "loopback_only");
            }
        }
    }
}
