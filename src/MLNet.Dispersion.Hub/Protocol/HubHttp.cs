using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace MLNet.Dispersion.Hub;

/// <summary>Requests to the hub: retried with back-off, redirected by our own hand so that no other host sees the token. Thread-safe.</summary>
internal sealed class HubHttp : IDisposable
{
    private const int MostRedirects = 10;

    private readonly HubSettings _settings;
    private readonly HttpClient _client;

    internal HubHttp(HubSettings settings)
    {
        _settings = settings;
        HubOptions options = settings.Options;
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>();
        if (options.Attempts > 1)
        {
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = TimeSpan.FromMinutes(1),
                ShouldHandle = arguments => ValueTask.FromResult(HttpClientResiliencePredicates.IsTransient(arguments.Outcome) && AskedWait(arguments.Outcome.Result) <= options.LongestWait),
            });
        }

        pipeline.AddTimeout(options.Patience);

        // No limit of its own for connections: it would race the pipeline's, and end in what looks like a call that was stopped.
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        _client = new HttpClient(new ResilienceHandler(pipeline.Build()) { InnerHandler = sockets }) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("MLNet.Dispersion", typeof(HubHttp).Assembly.GetName().Version?.ToString(3)));
        _client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Sends a request and follows its redirects.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="path">The address below the hub's.</param>
    /// <param name="place">The repository and file, for messages.</param>
    /// <param name="leave">Whether redirects to other hosts are followed; else the answer that names the other host is returned.</param>
    /// <param name="from">The first byte wanted.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>An answer of success, 416, or the redirect that was not followed; its body is not read yet.</returns>
    /// <exception cref="HubException">It fails.</exception>
    internal async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string place, bool leave, long from, CancellationToken cancellationToken)
    {
        var address = new Uri(_settings.Endpoint, path);
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = await SendOnceAsync(method, address, place, from, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return response;
            }

            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
            {
                using (response)
                {
                    throw HubRefusals.Of(response, place, _settings);
                }
            }

            var target = new Uri(address, location);
            if (!leave && !_settings.IsOfEndpoint(target))
            {
                return response;
            }

            response.Dispose();
            if (target.Scheme is not ("http" or "https") || (address.Scheme == "https" && target.Scheme == "http"))
            {
                throw new HubException(place, $"The hub sends to {Printable.Name(target.GetLeftPart(UriPartial.Authority))}, which is less safe than {address.Scheme}. Ask another mirror (HF_ENDPOINT).", response.StatusCode);
            }

            if (redirects == MostRedirects)
            {
                throw new HubException(place, $"The hub redirects more than {MostRedirects} times, last to {Printable.Name(target.GetLeftPart(UriPartial.Path))}: a circle. Check HF_ENDPOINT ({_settings.Endpoint}).", response.StatusCode);
            }

            address = target;
        }
    }

    /// <summary>The wait that an answer asks for; zero where it asks for none.</summary>
    internal static TimeSpan AskedWait(HttpResponseMessage? response) => response?.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } when date > DateTimeOffset.UtcNow => date - DateTimeOffset.UtcNow,
        _ => TimeSpan.Zero,
    };

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, string place, long from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }

        if (_settings.Token is { } token && _settings.IsOfEndpoint(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        string host = address.GetLeftPart(UriPartial.Authority);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutRejectedException e)
        {
            string seconds = _settings.Options.Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw new HubException(place, $"{host} did not answer within {seconds} s, {_settings.Options.Attempts} times. Try later, or raise HubOptions.Patience.", innerException: e) { IsUnreachable = true };
        }
        catch (HttpRequestException e)
        {
            throw new HubException(place, $"{host} cannot be reached ({e.Message}). Check the network, HTTPS_PROXY and HF_ENDPOINT; set HF_HUB_OFFLINE=1 to use the cache alone.", innerException: e) { IsUnreachable = true };
        }
    }
}
