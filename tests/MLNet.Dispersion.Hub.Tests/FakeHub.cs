using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>A hub on this machine that speaks the real one's protocol, with a second host for large files, and misbehaves where a test says so.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _hub;
    private readonly WebApplication _cdn;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-hub-");

    private FakeHub(WebApplication hub, WebApplication cdn)
    {
        (_hub, _cdn) = (hub, cdn);
        hub.Run(context => AnswerAsync(context, "hub", HubAsync));
        cdn.Run(context => AnswerAsync(context, "cdn", CdnAsync));
    }

    public ConcurrentDictionary<string, FakeRepository> Repositories { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>What a test does in the server's place; says whether it answered.</summary>
    public Func<HttpContext, Request, Task<bool>> Misbehave { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>The path below which it answers, as a mirror in a folder of a server does: begins with a slash; empty for none.</summary>
    public string Prefix { get; set; } = "";

    public string Address => _hub.Urls.Single() + Prefix;

    public string CdnAddress => _cdn.Urls.Single();

    /// <summary>An empty folder for the cache.</summary>
    public string Cache => Path.Combine(_folder.FullName, "cache");

    public static async Task<FakeHub> StartAsync()
    {
        var fake = new FakeHub(Build(), Build());
        await fake._hub.StartAsync();
        await fake._cdn.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _cdn.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Options that ask this hub, and wait shortly.</summary>
    public HubOptions Options(Action<HubOptions>? change = null)
    {
        var options = new HubOptions { Endpoint = Address, CacheDirectory = Cache, Token = "", Offline = false, Attempts = 3, RetryDelay = TimeSpan.FromMilliseconds(5), Patience = TimeSpan.FromSeconds(20) };
        change?.Invoke(options);
        return options;
    }

    public Task<string> GetAsync(string repository, string revision = "main", Action<HubOptions>? change = null, CancellationToken cancellationToken = default) =>
        new HubDownload(repository, revision, Options(change)).GetDirectoryAsync(cancellationToken);

    /// <summary>The requests of a file's bytes.</summary>
    public Request[] Downloads(string path) => [.. Requests.Where(request => request.Method == "GET" && request.Path.EndsWith("/" + path, StringComparison.Ordinal) && request.Path.Contains("/resolve/", StringComparison.Ordinal))];

    /// <summary>Sends bytes from the first that is wanted on, so many at most, and then breaks the connection if some are missing.</summary>
    public static async Task SendAsync(HttpContext context, byte[] bytes, int atMost = int.MaxValue)
    {
        int from = From(context);
        if (from > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        int count = Math.Min(bytes.Length - from, atMost);
        context.Response.ContentLength = bytes.Length - from;
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, count));
        if (count < bytes.Length - from)
        {
            await context.Response.Body.FlushAsync();

            // Else the reset of the connection overtakes what was sent.
            await Task.Delay(50);
            context.Abort();
        }
    }

    private static int From(HttpContext context) =>
        context.Request.Headers.Range.ToString() is { Length: > 0 } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;

    private static WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        return builder.Build();
    }

    private async Task AnswerAsync(HttpContext context, string host, Func<HttpContext, Task> answer)
    {
        // The path as it was sent, escapes included.
        string path = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var request = new Request(host, context.Request.Method, path, context.Request.Headers.Authorization.ToString(), context.Request.Headers.Range.ToString());
        Requests.Enqueue(request);
        if (!await Misbehave(context, request))
        {
            await answer(context);
        }
    }

    private async Task HubAsync(HttpContext context)
    {
        string target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith(Prefix + "/", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        string[] parts = [.. target[Prefix.Length..].TrimStart('/').Split('/').Select(Uri.UnescapeDataString)];
        bool listing = parts is ["api", "models", ..];
        int verb = Array.IndexOf(parts, listing ? "revision" : "resolve");
        string name = string.Join('/', parts[(listing ? 2 : 0)..verb]);
        if (!Repositories.TryGetValue(name, out FakeRepository? repository))
        {
            Refuse(context, 404, "RepoNotFound");
        }
        else if (repository.Token is { } token && context.Request.Headers.Authorization != $"Bearer {token}")
        {
            Refuse(context, 401, "RepoNotFound");
        }
        else if (!repository.Revisions.Contains(parts[verb + 1]) && parts[verb + 1] != repository.Commit)
        {
            Refuse(context, 404, "RevisionNotFound");
        }
        else if (listing)
        {
            await context.Response.WriteAsJsonAsync(new JsonObject
            {
                ["id"] = name,
                ["sha"] = repository.Commit,
                ["siblings"] = new JsonArray([.. repository.Files.Keys.Concat(repository.ListedToo).Select(path => new JsonObject { ["rfilename"] = path })]),
            });
        }
        else
        {
            await FileAsync(context, repository, string.Join('/', parts[(verb + 2)..]));
        }
    }

    private async Task FileAsync(HttpContext context, FakeRepository repository, string path)
    {
        context.Response.Headers["X-Repo-Commit"] = repository.Commit;
        if (!repository.Files.TryGetValue(path, out byte[]? bytes))
        {
            Refuse(context, 404, "EntryNotFound");
            return;
        }

        if (FakeRepository.IsLarge(path))
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = $"{CdnAddress}/{repository.HashOf(path)}";
            context.Response.Headers["X-Linked-Etag"] = $"\"{repository.HashOf(path)}\"";
            context.Response.Headers["X-Linked-Size"] = bytes.Length.ToString(CultureInfo.InvariantCulture);
            return;
        }

        context.Response.Headers.ETag = $"\"{repository.HashOf(path)}\"";
        if (context.Request.Method == "HEAD")
        {
            context.Response.ContentLength = bytes.Length;
            return;
        }

        await SendAsync(context, bytes);
    }

    private async Task CdnAsync(HttpContext context)
    {
        string hash = context.Request.Path.Value!.TrimStart('/');
        context.Response.Headers.ETag = "\"not-the-hash\"";
        await SendAsync(context, Repositories.Values.SelectMany(repository => repository.Files.Where(file => repository.HashOf(file.Key) == hash)).First().Value);
    }

    private static void Refuse(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Error-Code"] = code;
    }

    /// <summary>A request as it came.</summary>
    internal sealed record Request(string Host, string Method, string Path, string Authorization, string Range)
    {
        public bool IsBytesOfWeights => Host == "cdn" && Method == "GET";
    }
}
