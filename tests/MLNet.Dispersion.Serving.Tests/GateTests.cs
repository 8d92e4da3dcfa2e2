using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>Who gets in, with how much, and in which form.</summary>
public sealed class GateTests
{
    private const string Key = "sk-0123456789abcdef";
    private static readonly object Row = new { rows = new[] { new { Text = "refund" } } };

    [Fact]
    public async Task Keys_OnlyTheirOwnersGetIn()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier, options => options.ApiKeys = ["another-key-of-this-server", Key]);
        foreach (string? sent in new[] { null, "", "sk-0123456789abcdeg", Key + "0", Key[..^1] })
        {
            using HttpResponseMessage refused = await Send(server, "/predict", sent);
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);
            Assert.Equal("authentication_error", (await RunningServer.Error(refused, 401)).GetProperty("type").GetString());
        }

        Assert.Equal(HttpStatusCode.OK, (await Send(server, "/predict", Key)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Send(server, "/predict", "another-key-of-this-server", asHeader: true)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/stats")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/v1/models")).StatusCode);
        foreach (string open in new[] { "/health", "/ready", "/" })
        {
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(open)).StatusCode);
        }

        Assert.DoesNotContain(Key, server.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_OfAnotherName_IsRefusedWhereThereAreNoKeys()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/stats");
        request.Headers.Host = "evil.example";
        Assert.Equal("loopback_only", (await RunningServer.Error(await server.Client.SendAsync(request), 403)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Limits_AreAnsweredWith413AndTheirFigures()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier, options => (options.MaxBodyBytes, options.MaxTextLength, options.MaxRowsPerRequest) = (2000, 100, 3));

        Assert.Contains("2000", (await server.Refused("/predict", new { rows = new[] { new { Text = new string('a', 3000) } } }, 413)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("rows[0].Text", (await server.Refused("/predict", new { rows = new[] { new { Text = new string('a', 101) } } }, 413)).GetProperty("param").GetString());
        Assert.Equal("rows", (await server.Refused("/predict", new { rows = Enumerable.Repeat(new { Text = "a" }, 4) }, 413)).GetProperty("param").GetString());

        // A body whose length nobody says.
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes($"{{\"rows\":[{{\"Text\":\"{new string('a', 5000)}\"}}]}}"))) };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await RunningServer.Error(await server.Client.SendAsync(chunked), 413);

        await server.Json("/predict", Row);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,2")]
    [InlineData("nonsense")]
    [InlineData("""{"rows":[{"Text":"a"}],"rows":[]}""")]
    [InlineData("""{"rows":[{"Text":"a"}]} {"more":1}""")]
    [InlineData("""{"rows":[{"Text":"a",}]}""")]
    [InlineData("""{"rows":NaN}""")]
    [InlineData("""[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]""")]
    [InlineData("""["rows"]""")]
    [InlineData("null")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"rows":[{"\udfff":"a"}]}""")]
    [InlineData("""{"rows":[{"Text":"\ud800"}]}""")]
    public async Task Body_ThatIsNoneOfOurs_IsRefusedWithoutBeingQuoted(string body)
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        JsonElement error = await RunningServer.Error(await server.PostText("/predict", body), 400);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        await server.Json("/predict", Row);
    }

    [Fact]
    public async Task Body_OfRawBytes_IsRefused()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        using var content = new ByteArrayContent([.. "{\"rows\":[{\"Text\":\""u8, 0xff, 0xc0, 0xaf, .. "\"}]}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await RunningServer.Error(await server.Client.PostAsync("/predict", content), 400);
        await RunningServer.Error(await server.PostText("/predict", "rows=1", "application/x-www-form-urlencoded"), 415);
    }

    private static Task<HttpResponseMessage> Send(RunningServer server, string path, string? key, bool asHeader = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(JsonSerializer.Serialize(Row), Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation(asHeader ? "X-Api-Key" : "Authorization", asHeader ? key : $"Bearer {key}");
        }

        return server.Client.SendAsync(request);
    }
}
