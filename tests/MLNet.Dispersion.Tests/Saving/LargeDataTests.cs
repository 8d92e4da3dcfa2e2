using System.Diagnostics;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Saving;

/// <summary>More text than memory may hold, in a process of its own whose managed memory has a limit.</summary>
public sealed class LargeDataTests
{
    private const int Megabytes = 400;
    private const long Limit = 128L << 20;

    [Trait("Category", "Long")]
    [Theory]
    [InlineData("classes")]
    [InlineData("blocks")]
    public async Task Fit_MoreTextThanMemoryHolds_EndsWithinTheLimit(string task)
    {
        using JsonDocument said = JsonDocument.Parse(await RunAsync("StreamedTraining.dll", task, FormattableString.Invariant($"{Megabytes}")));

        Assert.True(said.RootElement.GetProperty("textBytes").GetInt64() > 2 * Limit);
        Assert.InRange(said.RootElement.GetProperty("peakHeap").GetInt64(), 1, Limit);
        Assert.Equal(1, said.RootElement.GetProperty("readings").GetInt32());
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, arguments[0]), .. arguments[1..]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = FormattableString.Invariant($"0x{Limit:X}");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(20));
        Assert.True(process.ExitCode == 0, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
    }
}
