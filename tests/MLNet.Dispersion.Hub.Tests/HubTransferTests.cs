using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>Bytes that come late, in pieces, wrong or not at all.</summary>
public sealed class HubTransferTests : IAsyncLifetime
{
    private const string Name = "org/tiny";
    private const string Weights = "model.safetensors";
    private readonly FakeRepository _model = FakeRepository.Model(weights: 1_000_000);
    private FakeHub _hub = null!;

    private byte[] Bytes => _model.Files[Weights];

    private string Blob => Path.Combine(_hub.Cache, "models--org--tiny", "blobs", _model.HashOf(Weights));

    private string Partial => Blob + ".incomplete";

    private IEnumerable<string> Ranges => _hub.Requests.Where(request => request.IsBytesOfWeights).Select(request => request.Range);

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Repositories[Name] = _model;
    }

    public Task DisposeAsync() => _hub.DisposeAsync().AsTask();

    [Fact]
    public async Task Get_ConnectionThatDrops_GoesOnWhereItBroke()
    {
        OnWeights((context, count) => count < 9 ? FakeHub.SendAsync(context, Bytes, atMost: 100_000) : FakeHub.SendAsync(context, Bytes));

        await AssertWholeAsync();

        Assert.Equal(10, Ranges.Count());
        Assert.Equal("", Ranges.First());
        Assert.All(Ranges.Skip(1), range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
        Assert.False(File.Exists(Partial));
    }

    [Fact]
    public async Task Get_ConnectionThatBringsNothing_FailsAndTheNextCallGoesOn()
    {
        OnWeights((context, count) => FakeHub.SendAsync(context, Bytes, atMost: count == 0 ? 400_000 : 0));
        HubException failed = await FailsAsync("broke off at byte");
        Assert.Contains(Weights, failed.Message, StringComparison.Ordinal);
        long there = new FileInfo(Partial).Length;
        Assert.InRange(there, 1, 400_000);
        _hub.Requests.Clear();
        _hub.Misbehave = (_, _) => Task.FromResult(false);

        await AssertWholeAsync();

        Assert.Equal([$"bytes={there}-"], Ranges);
    }

    [Theory]
    [InlineData(250_000, true, 1)]
    [InlineData(1_000_000, true, 0)]
    [InlineData(250_000, false, 2)]
    [InlineData(1_000_000, false, 1)]
    [InlineData(1_000_001, false, 1)]
    public async Task Get_WhatAnEarlierDownloadLeft_IsGoneOnWithOrThrownAway(int length, bool good, int requests)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Partial)!);
        File.WriteAllBytes(Partial, good ? Bytes[..length] : FakeRepository.Bytes(length, 99));

        await AssertWholeAsync();

        Assert.Equal(requests, Ranges.Count());
    }

    [Fact]
    public async Task Get_ServerWithoutRanges_BeginsAnew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Partial)!);
        File.WriteAllBytes(Partial, Bytes[..250_000]);
        OnWeights(async (context, _) => await context.Response.Body.WriteAsync(Bytes));

        await AssertWholeAsync();

        Assert.Equal(["bytes=250000-"], Ranges);
    }

    [Fact]
    public async Task Get_RangeNotSatisfiable_BeginsAnewOnce()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Partial)!);
        File.WriteAllBytes(Partial, Bytes[..250_000]);
        OnWeights((context, _) =>
        {
            if (context.Request.Headers.Range.Count == 0)
            {
                return FakeHub.SendAsync(context, Bytes);
            }

            context.Response.StatusCode = 416;
            return Task.CompletedTask;
        });

        await AssertWholeAsync();

        Assert.Equal(["bytes=250000-", ""], Ranges);
        File.Delete(Blob);
        OnWeights((context, _) =>
        {
            context.Response.StatusCode = 416;
            return Task.CompletedTask;
        });
        await FailsAsync("nothing from byte 0");
    }

    [Fact]
    public async Task Get_RangeThatIsAnother_IsThrownAway()
    {
        OnWeights((context, count) =>
        {
            if (count != 1)
            {
                return FakeHub.SendAsync(context, Bytes, count == 0 ? 100_000 : int.MaxValue);
            }

            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 5-{Bytes.Length - 1}/{Bytes.Length}";
            return context.Response.Body.WriteAsync(Bytes.AsMemory(5)).AsTask();
        });

        await AssertWholeAsync();

        Assert.Equal("", Ranges.Last());
    }

    [Fact]
    public async Task Get_WrongBytes_AreNeverPublished()
    {
        byte[] wrong = [.. Bytes];
        wrong[500_000] ^= 1;
        OnWeights((context, _) => FakeHub.SendAsync(context, wrong));

        HubException failed = await FailsAsync("hash");

        Assert.Contains(_model.HashOf(Weights), failed.Message, StringComparison.Ordinal);
        Assert.Equal(2, Ranges.Count());
        Assert.False(File.Exists(Blob) || File.Exists(Partial));
        Assert.False(File.Exists(Path.Combine(_hub.Cache, "models--org--tiny", "refs", "main")));
    }

    [Fact]
    public async Task Get_WrongSmallFile_IsNeverPublished()
    {
        _hub.Misbehave = async (context, request) =>
        {
            bool config = request.Method == "GET" && request.Path.EndsWith("/config.json", StringComparison.Ordinal);
            if (config)
            {
                await FakeHub.SendAsync(context, [.. _model.Files["config.json"].Select(b => (byte)(b ^ 1))]);
            }

            return config;
        };

        await FailsAsync("config.json");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_MoreBytesThanAnnounced_AreNotWritten(bool says)
    {
        byte[] longer = [.. Bytes, .. FakeRepository.Bytes(5_000_000, 3)];
        OnWeights(async (context, _) =>
        {
            context.Response.ContentLength = says ? longer.Length : null;
            try
            {
                await context.Response.Body.WriteAsync(longer, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The client has gone.
            }
        });

        await FailsAsync(says ? "it has 6000000 bytes, not 1000000" : "more than 1000000 bytes");

        Assert.False(File.Exists(Partial));
    }

    [Fact]
    public async Task Get_FewerBytesThanAnnounced_AreAskedForAgain()
    {
        OnWeights((context, count) => count == 0 ? context.Response.Body.WriteAsync(Bytes.AsMemory(0, 300_000)).AsTask() : FakeHub.SendAsync(context, Bytes));

        await AssertWholeAsync();

        Assert.Equal(["", "bytes=300000-"], Ranges);
    }

    [Fact]
    public async Task Get_SilentServer_IsGivenUp()
    {
        OnWeights(async (context, count) =>
        {
            if (count > 0)
            {
                await FakeHub.SendAsync(context, Bytes);
                return;
            }

            context.Response.ContentLength = Bytes.Length;
            await context.Response.Body.WriteAsync(Bytes.AsMemory(0, 200_000));
            await context.Response.Body.FlushAsync();
            await WaitForLeavingAsync(context);
        });

        await _hub.GetAsync(Name, change: options => options.Patience = TimeSpan.FromMilliseconds(500));

        Assert.Equal(["", "bytes=200000-"], Ranges);
    }

    [Fact]
    public async Task Get_ServerThatNeverAnswers_IsGivenUp()
    {
        _hub.Misbehave = async (context, _) =>
        {
            await WaitForLeavingAsync(context);
            return true;
        };

        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: options => options.Patience = TimeSpan.FromMilliseconds(200)));

        Assert.Contains("did not answer within 0.2 s, 3 times", failed.Message, StringComparison.Ordinal);
        Assert.Equal(3, _hub.Requests.Count);
    }

    [Fact]
    public async Task Get_Stopped_LeavesWhatIsThereToBeGoneOnWith()
    {
        OnWeights(async (context, _) =>
        {
            context.Response.ContentLength = Bytes.Length;
            await context.Response.Body.WriteAsync(Bytes.AsMemory(0, 600_000));
            await context.Response.Body.FlushAsync();
            await WaitForLeavingAsync(context);
        });
        using var stop = new CancellationTokenSource();
        Task<string> get = _hub.GetAsync(Name, cancellationToken: stop.Token);
        while (!File.Exists(Partial) || new FileInfo(Partial).Length < 600_000)
        {
            await Task.Delay(20);
        }

        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get);
        Assert.Equal(600_000, new FileInfo(Partial).Length);
        _hub.Misbehave = (_, _) => Task.FromResult(false);

        await AssertWholeAsync();

        Assert.Equal("bytes=600000-", Ranges.Last());
    }

    [Fact]
    public async Task Get_DiskWithoutRoom_IsSaidBeforeTheFirstByte()
    {
        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: options => options.FreeBytes = _ => 999_999));

        Assert.Contains("has 999999 left", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.IsBytesOfWeights);
    }

    [SkippableFact]
    public async Task Get_DiskThatFillsUp_IsSaid()
    {
        Skip.IfNot(File.Exists("/dev/full"), "There is no /dev/full, a disk that is always full.");
        Directory.CreateDirectory(Path.GetDirectoryName(Partial)!);
        File.CreateSymbolicLink(Partial, "/dev/full");

        await FailsAsync("is full");

        Assert.False(File.Exists(Blob));
    }

    [Fact]
    public async Task Get_Progress_EndsAtAllBytes()
    {
        var reports = new List<HubProgress>();
        OnWeights((context, count) => FakeHub.SendAsync(context, Bytes, atMost: count == 0 ? 300_000 : int.MaxValue));

        await _hub.GetAsync(Name, change: options => options.Progress = new Listener(reports));

        HubProgress last = reports[^1];
        Assert.All(reports, report => Assert.True(report.Bytes <= report.TotalBytes && report.FileBytes <= report.FileSize, report.ToString()));
        Assert.Equal(last.TotalBytes, last.Bytes);
        Assert.Equal(_model.Files.Where(file => !file.Key.Contains(".bin", StringComparison.Ordinal) && !file.Key.Contains("onnx", StringComparison.Ordinal)).Sum(file => file.Value.Length), last.TotalBytes);
        Assert.Contains(reports, report => report.File == Weights && report.FileSize == Bytes.Length);
        Assert.True(last.BytesPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, last.Remaining);
    }

    private static async Task WaitForLeavingAsync(HttpContext context)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
    }

    /// <summary>Answers requests of the weights' bytes; the number says how many came before.</summary>
    private void OnWeights(Func<HttpContext, int, Task> answer)
    {
        int count = 0;
        _hub.Misbehave = async (context, request) =>
        {
            if (request.IsBytesOfWeights)
            {
                await answer(context, count++);
            }

            return request.IsBytesOfWeights;
        };
    }

    private async Task AssertWholeAsync() => Assert.Equal(Bytes, File.ReadAllBytes(Path.Combine(await _hub.GetAsync(Name), Weights)));

    private async Task<HubException> FailsAsync(string reason)
    {
        HubException failed = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name));
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        return failed;
    }

    private sealed class Listener(List<HubProgress> reports) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => reports.Add(value);
    }
}
