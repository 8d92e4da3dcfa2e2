using System.Net;
using System.Text.Json;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>Full queues, and a server that is stopped while it works.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Writing_BeyondTheQueue_Is429WithRetryAfter()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Checkpoint, options => (options.Engines, options.MaxQueuedGenerations) = (1, 1));
        using var hold = new Hold(server);
        Task<JsonElement> waits = server.Json("/v1/completions", new { prompt = "refund", max_tokens = 3 });
        await Waiting.Until(() => server.Engines.Writing!.Waiting == 1);

        using HttpResponseMessage refused = await server.Post("/v1/completions", new { prompt = "refund", max_tokens = 3 });
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal("rate_limit_error", (await RunningServer.Error(refused, 429)).GetProperty("type").GetString());
        Assert.Equal("rate_limit_error", (await server.Refused("/v1/completions", new { prompt = "refund", stream = true }, 429)).GetProperty("type").GetString());

        hold.Release();
        Assert.Equal(1, (await waits).GetProperty("choices").GetArrayLength());
    }

    [Fact]
    public async Task Predict_UnderOverload_AnswersOrRefusesWith429AndNothingElse()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier, options =>
            (options.Engines, options.MaxRowsPerRequest, options.MaxQueuedRows, options.MaxBatchRows) = (1, 4, 4, 2));
        var body = new { rows = Enumerable.Repeat(new { Text = "my refund is the payment again" }, 4) };
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => server.Post("/predict", body)));

        Assert.Subset(new HashSet<HttpStatusCode> { HttpStatusCode.OK, HttpStatusCode.TooManyRequests }, answers.Select(answer => answer.StatusCode).ToHashSet());
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests), answer => Assert.NotNull(answer.Headers.RetryAfter));
        await server.Json("/predict", body);
    }

    [Fact]
    public async Task Stop_WhileARequestWaits_FinishesItAndRefusesOthers()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Checkpoint, options => options.Engines = 1);
        using var hold = new Hold(server);
        Task<JsonElement> waits = server.Json("/v1/completions", new { prompt = "refund", max_tokens = 3 });
        await Waiting.Until(() => server.Engines.Writing!.Waiting == 1);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/ready")).StatusCode);

        Task stopping = server.Stop();
        await Task.Delay(200);
        Assert.False(stopping.IsCompleted);
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            // A new connection; one that is open already may still be answered.
            using var other = new HttpClient(new HttpClientHandler { UseProxy = false }) { BaseAddress = server.Address };
            await other.GetAsync("/health");
        });
        hold.Release();

        Assert.Equal(1, (await waits).GetProperty("choices").GetArrayLength());
        await stopping;
        Assert.True(server.Engines.IsClosed);
    }

    [Fact]
    public async Task Stop_WhenTheTimeIsUp_BreaksOffWhatIsBeingWritten()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Checkpoint, options => (options.Engines, options.ShutdownTimeout) = (1, TimeSpan.FromSeconds(1)));
        using var hold = new Hold(server);
        Task<HttpResponseMessage> waits = server.Post("/v1/completions", new { prompt = "refund" });
        await Waiting.Until(() => server.Engines.Writing!.Waiting == 1);

        await server.Stop().WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<Exception>(() => waits);
        hold.Release();
    }

    [Fact]
    public async Task Client_ThatGoesAway_CostsTheEngineNothing()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Checkpoint, options => options.Engines = 1);
        using var hold = new Hold(server);
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> gone = server.Post("/v1/completions", new { prompt = "refund" }, cancel.Token);
        await Waiting.Until(() => server.Engines.Writing!.Waiting == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await Task.Delay(200);
        hold.Release();

        await server.Json("/v1/completions", new { prompt = "refund", max_tokens = 2 });
        Assert.DoesNotContain("\nError ", server.Logs.Text, StringComparison.Ordinal);
    }

    /// <summary>Keeps the one engine that writes busy.</summary>
    private sealed class Hold : IDisposable
    {
        private readonly ManualResetEventSlim _go = new(initialState: false);

        internal Hold(RunningServer server)
        {
            var works = new TaskCompletionSource();
            _ = server.Engines.Enter(server.Engines.Writing!, [new WritingJob(Wait, CancellationToken.None)], CancellationToken.None);
            Assert.True(works.Task.Wait(TimeSpan.FromSeconds(30)));

            IReadOnlyList<GeneratedText> Wait(CancellationToken cancel)
            {
                works.TrySetResult();
                _go.Wait(CancellationToken.None);
                return [];
            }
        }

        internal void Release() => _go.Set();

        public void Dispose() => _go.Set();
    }
}
