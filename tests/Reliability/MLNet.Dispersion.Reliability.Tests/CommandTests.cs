using System.Diagnostics;

namespace MLNet.Dispersion.Reliability.Tests;

/// <summary>The commands whose tables stand in RESULTS.md, each with small numbers, but for Soak's hour of work, which a minute only warms up: they end with 0 where nothing was lost, doubled, silent, grown or left behind, and with 2 where a machine lacks what they take.</summary>
[Trait("Category", "Long")]
public sealed class CommandTests
{
    private const int Lacking = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [SkippableTheory]
    [InlineData("Faults", "kills", "5")]
    [InlineData("Faults", "training-kills", "8")]
    [InlineData("Faults", "memory", "4")]
    [InlineData("Faults", "clock", "10")]
    [InlineData("Faults", "server", "20")]
    [InlineData("Faults", "partition", "2")]
    [InlineData("Faults", "ranks", "1")]
    [InlineData("Soak", "exits", "2")]
    public async Task Run_SmallNumbers_EndsWell(string program, string command, string count)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), command, count])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        string said = $"{await output}{await errors}";
        Skip.If(process.ExitCode == Lacking, said);
        Assert.True(process.ExitCode == 0, said);
        Assert.Contains("|---|", said, StringComparison.Ordinal);
    }
}
