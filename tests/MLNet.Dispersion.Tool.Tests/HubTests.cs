using System.Diagnostics;
using MLNet.Dispersion.Tests.Hub;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>Processes of their own that take a model from the hub by the variables of its clients.</summary>
public sealed class HubTests : IAsyncLifetime, IDisposable
{
    private const string Name = "org/tiny";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Prefix = "/mirror";
        var repository = new FakeRepository();
        foreach (string file in Directory.EnumerateFiles(CommandRun.Tiny))
        {
            repository.With(Path.GetFileName(file), await File.ReadAllBytesAsync(file));
        }

        _hub.Repositories[Name] = repository;
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_at_once_download_once_and_later_ones_need_no_hub()
    {
        // As long as both take to come here.
        _hub.Misbehave = async (_, request) =>
        {
            if (request.IsBytesOfWeights)
            {
                await Task.Delay(TimeSpan.FromSeconds(3));
            }

            return false;
        };

        (int Code, string Error)[] both = await Task.WhenAll(ConvertAsync("first.gguf"), ConvertAsync("second.gguf"));

        Assert.All(both, run => Assert.True(run.Code == 0, run.Error));
        Assert.Equal(File.ReadAllBytes(_folder.File("first.gguf")), File.ReadAllBytes(_folder.File("second.gguf")));
        Assert.Single(_hub.Requests, request => request.IsBytesOfWeights);
        Assert.All(_hub.Requests, request => Assert.Equal(request.Host == "hub" ? "Bearer hf_mine" : "", request.Authorization));

        int requests = _hub.Requests.Count;
        (int code, string error) = await ConvertAsync("third.gguf", ("HF_HUB_OFFLINE", "1"));
        Assert.True(code == 0, error);
        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Fact]
    public async Task Without_the_hub_and_without_a_cache_it_says_what_to_do()
    {
        (int code, string error) = await ConvertAsync("m.gguf", ("HF_HUB_OFFLINE", "1"));
        Assert.Equal(1, code);
        Assert.Contains("HF_HUB_OFFLINE", error, StringComparison.Ordinal);
        Assert.Contains("Go online once", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("m.gguf")));

        (code, error) = await ConvertAsync("m.gguf", ("HF_HUB_CACHE", _folder.Write("a file")));
        Assert.Equal(1, code);
        Assert.Contains("HF_HUB_CACHE", error, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Error)> ConvertAsync(string target, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "MLNet.Dispersion.Tool.dll"), "convert", Name, _folder.File(target), "--type", "F32"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("HF_", StringComparison.Ordinal) || name.StartsWith("HUGGING", StringComparison.Ordinal) || name == "TRANSFORMERS_OFFLINE").ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in ((string, string)[])[("HF_ENDPOINT", _hub.Address), ("HF_HOME", "$DISPERSION_DISK/hf"), ("DISPERSION_DISK", _folder.Path), ("HF_TOKEN", "hf_mine"), .. variables])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(new CancellationTokenSource(Limit).Token);
        return (process.ExitCode, await error + await output);
    }
}
