using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>Answers of every kind: what is refused is refused with its reason, what may pass is asked for again, and no other host sees the token.</summary>
public sealed class HubAnswersTests : IAsyncLifetime
{
    private const string Name = "org/tiny";
    private const string Token = "hf_secret";
    private readonly FakeRepository _model = FakeRepository.Model();
    private FakeHub _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Repositories[Name] = _model;
    }

    public Task DisposeAsync() => _hub.DisposeAsync().AsTask();

    [Fact]
    public async Task Token_IsSentToTheHubAlone()
    {
        _model.Token = Token;

        await _hub.GetAsync(Name, change: options => options.Token = Token);

        Assert.All(_hub.Requests.Where(request => request.Host == "hub"), request => Assert.Equal("Bearer " + Token, request.Authorization));
        Assert.Equal("", Assert.Single(_hub.Requests, request => request.Host == "cdn").Authorization);
    }

    [Theory]
    [InlineData(null, "set HF_TOKEN")]
    [InlineData("hf_wrong", "The token is not accepted")]
    public async Task PrivateRepository_IsRefusedWithTheCure(string? token, string cure)
    {
        _model.Token = Token;

        HubException failed = await FailsAsync(cure, options => options.Token = token ?? "");

        Assert.Equal(HttpStatusCode.Unauthorized, failed.StatusCode);
        Assert.DoesNotContain("hf_", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownNames_AreRefusedWithTheirReason()
    {
        Assert.Contains("no such repository", (await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync("org/none"))).Message, StringComparison.Ordinal);
        Assert.Contains("no such revision", (await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, "v9"))).Message, StringComparison.Ordinal);
        _model.ListedToo.Add("tokenizer_config.json");
        HubException file = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name));
        Assert.Contains("org/tiny@main/tokenizer_config.json: There is no such file", file.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, 1, "private")]
    [InlineData(403, 1, "gated")]
    [InlineData(404, 1, "no such repository")]
    [InlineData(418, 1, "refuses the request")]
    [InlineData(429, 3, "Too many requests, 3 times")]
    [InlineData(500, 3, "a failure of its own, 3 times")]
    [InlineData(503, 3, "a failure of its own, 3 times")]
    public async Task Refusal_IsAskedForAgainWhereThatMayHelp(int status, int requests, string reason)
    {
        Answer((context, _) => context.Response.StatusCode = status);

        HubException failed = await FailsAsync(reason);

        Assert.Equal((HttpStatusCode)status, failed.StatusCode);
        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Fact]
    public async Task FailureThatPasses_IsWaitedFor()
    {
        int count = 0;
        _hub.Misbehave = (context, _) =>
        {
            bool fails = count++ % 3 < 2;
            if (fails)
            {
                context.Response.StatusCode = 502;
            }

            return Task.FromResult(fails);
        };

        Assert.True(File.Exists(Path.Combine(await _hub.GetAsync(Name), "model.safetensors")));
    }

    [Fact]
    public async Task RetryAfter_IsObeyedUpToTheLongestWait()
    {
        int count = 0;
        _hub.Misbehave = (context, _) =>
        {
            bool fails = count++ == 0;
            if (fails)
            {
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "1";
            }

            return Task.FromResult(fails);
        };
        long start = Environment.TickCount64;

        await _hub.GetAsync(Name);

        Assert.True(Environment.TickCount64 - start >= 900, "It did not wait the second that the hub asked for.");
        _hub.Requests.Clear();
        Answer((context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "4000";
        });
        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, "v2"));
        Assert.Contains("asks for a wait of 4000 s", failed.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task HubThatIsGone_LeavesTheCache()
    {
        string folder = await _hub.GetAsync(Name);

        Assert.Equal(folder, await _hub.GetAsync(Name, change: options => options.Endpoint = "http://127.0.0.1:9"));
        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync("org/other", change: options => options.Endpoint = "http://127.0.0.1:9"));
        Assert.Contains("cannot be reached", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostThatTakesNoConnection_IsGivenUp()
    {
        // A queue of connections that nobody takes: when it is full, the system lets further ones wait.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        Socket[] waiting = [.. Enumerable.Range(0, 8).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false })];
        try
        {
            foreach (Socket socket in waiting)
            {
                Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(() => socket.Connect(listener.LocalEndPoint!)).SocketErrorCode);
            }

            await FailsAsync("did not answer within 0.3 s, 3 times", options =>
            {
                options.Endpoint = $"http://{listener.LocalEndPoint}";
                options.Patience = TimeSpan.FromMilliseconds(300);
            });
        }
        finally
        {
            Array.ForEach(waiting, socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task EndpointInAFolderOfAServer_IsAskedThere()
    {
        _hub.Prefix = "/mirror/hub";

        string folder = await _hub.GetAsync(Name, change: options => options.Endpoint = _hub.Address + "/");

        Assert.True(File.Exists(Path.Combine(folder, "model.safetensors")));
        Assert.All(_hub.Requests.Where(request => request.Host == "hub"), request => Assert.StartsWith("/mirror/hub/", request.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PinnedCommit_ForWhichTheHubAnswersWithAnother_IsRefused()
    {
        string pinned = new('b', 40);
        _model.Revisions.Add(pinned);

        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, pinned));

        Assert.Contains($"answers for commit {_model.Commit}", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Downloads("config.json"));
    }

    [Fact]
    public async Task RepositoryOfPicklesAlone_IsRefusedBeforeAnythingIsDownloaded()
    {
        _hub.Repositories["org/old"] = new FakeRepository().With("config.json", "{}").With("pytorch_model.bin", new byte[100]).With("tokenizer.json", "{}");

        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync("org/old"));

        Assert.Contains("pytorch_model.bin), which can run any code", failed.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
        Assert.False(Directory.Exists(_hub.Cache));
    }

    [Fact]
    public async Task RefusedListing_DoesNotFallBackToTheCache()
    {
        await _hub.GetAsync(Name);
        _hub.Repositories.Clear();

        await FailsAsync("no such repository");
    }

    [Fact]
    public async Task RedirectWithinTheHub_IsFollowedWithTheToken()
    {
        _hub.Repositories["org/renamed"] = _model;
        Answer((context, request) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = request.Path.Replace(Name, "org/renamed", StringComparison.Ordinal);
        }, request => request.Path.Contains(Name, StringComparison.Ordinal));

        await _hub.GetAsync(Name, change: options => options.Token = Token);

        Assert.All(_hub.Requests.Where(request => request.Host == "hub"), request => Assert.Equal("Bearer " + Token, request.Authorization));
        Assert.True(Directory.Exists(Path.Combine(_hub.Cache, "models--org--tiny")));
    }

    [Theory]
    [InlineData("GET", "/api/")]
    [InlineData("HEAD", "/resolve/")]
    [InlineData("GET", "/resolve/")]
    public async Task RedirectsInACircle_AreLeft(string method, string part)
    {
        Answer((context, request) =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = request.Path;
        }, request => request.Method == method && request.Path.Contains(part, StringComparison.Ordinal));

        await FailsAsync("redirects more than 10 times");

        Assert.Equal(11, _hub.Requests.Count(request => request.Method == method && request.Path.Contains(part, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RedirectToAnotherScheme_IsRefused()
    {
        Answer((context, _) =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "file:///etc/passwd";
        }, request => request.Method == "GET" && request.Path.Contains("/resolve/", StringComparison.Ordinal));

        await FailsAsync("less safe");
    }

    [Fact]
    public async Task ListingOnAnotherHost_IsNoListing()
    {
        Answer((context, _) =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = _hub.CdnAddress + "/listing";
        }, request => request.Path.StartsWith("/api/", StringComparison.Ordinal));

        await FailsAsync("not the hub's");

        Assert.DoesNotContain(_hub.Requests, request => request.Host == "cdn");
    }

    [Theory]
    [InlineData("X-Repo-Commit", "changed in between")]
    [InlineData("X-Linked-Etag", "names no hash of it (ETag '../../../evil')")]
    [InlineData("X-Linked-Size", "names no size of it ('../../../evil')")]
    public async Task MetadataThatCannotBe_IsRefused(string header, string reason)
    {
        Answer(
            (context, request) =>
            {
                context.Response.StatusCode = 302;
                context.Response.Headers.Location = _hub.CdnAddress;
                context.Response.Headers["X-Linked-Etag"] = '"' + _model.HashOf("model.safetensors") + '"';
                context.Response.Headers["X-Linked-Size"] = "300000";
                context.Response.Headers[header] = "../../../evil";
            },
            request => request.Method == "HEAD" && request.Path.EndsWith("model.safetensors", StringComparison.Ordinal));

        await FailsAsync(reason);
    }

    [Theory]
    [InlineData("../../.bashrc")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\evil.json")]
    [InlineData("C:\\evil.json")]
    public async Task NamesThatClimbOut_MakeTheRepositoryUntrusted(string name)
    {
        _model.ListedToo.Add(name);

        await FailsAsync("not to be trusted");

        Assert.Single(_hub.Requests);
        Assert.False(Directory.Exists(_hub.Cache));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{\"sha\": \"main\", \"siblings\": []}")]
    [InlineData("{\"sha\": \"../../../../../../../../../../../evil/aaaa\", \"siblings\": []}")]
    [InlineData("{\"siblings\": []}")]
    [InlineData("{\"sha\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}")]
    [InlineData("{\"sha\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"siblings\": [{\"rfilename\": 3}]}")]
    public async Task ListingThatIsNone_IsRefused(string json)
    {
        _hub.Misbehave = async (context, _) =>
        {
            await context.Response.WriteAsync(json);
            return true;
        };

        await FailsAsync("not the hub's");
    }

    [Fact]
    public async Task GiganticListing_IsLeftUnread()
    {
        long sent = 0;
        _hub.Misbehave = async (context, _) =>
        {
            byte[] chunk = Encoding.ASCII.GetBytes(new string(' ', 1 << 20));
            while (!context.RequestAborted.IsCancellationRequested && sent < 40L * HubApi.LargestListing)
            {
                await context.Response.Body.WriteAsync(chunk);
                sent += chunk.Length;

                // Time to see that the client has gone: writes to nobody cost none.
                await Task.Delay(sent > HubApi.LargestListing ? 10 : 0);
            }

            return true;
        };

        await FailsAsync("longer than");

        Assert.InRange(sent, 1, 4L * HubApi.LargestListing);
    }

    [Fact]
    public async Task ListingThatBreaksOff_IsAskedForAgain()
    {
        int count = 0;
        _hub.Misbehave = async (context, request) =>
        {
            bool fails = request.Path.StartsWith("/api/", StringComparison.Ordinal) && count++ < 2;
            if (fails)
            {
                await FakeHub.SendAsync(context, new byte[1000], atMost: 10);
            }

            return fails;
        };

        await _hub.GetAsync(Name);

        Assert.Equal(3, count);
    }

    [Fact]
    public async Task HugeSettingsFile_IsRefusedBeforeItIsDownloaded()
    {
        Answer(
            (context, _) =>
            {
                context.Response.Headers.ETag = '"' + new string('1', 40) + '"';
                context.Response.ContentLength = 1L << 40;
            },
            request => request.Method == "HEAD" && request.Path.EndsWith("/config.json", StringComparison.Ordinal));

        await FailsAsync("It has 1099511627776 bytes");
    }

    private void Answer(Action<HttpContext, FakeHub.Request> answer, Func<FakeHub.Request, bool>? where = null) => _hub.Misbehave = (context, request) =>
    {
        bool mine = where?.Invoke(request) ?? true;
        if (mine)
        {
            answer(context, request);
        }

        return Task.FromResult(mine);
    };

    private async Task<HubException> FailsAsync(string reason, Action<HubOptions>? change = null)
    {
        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: change));
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        Assert.StartsWith(Name, failed.Place, StringComparison.Ordinal);
        return failed;
    }
}
