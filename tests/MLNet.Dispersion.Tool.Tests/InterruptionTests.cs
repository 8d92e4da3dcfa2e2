using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MLNet.Dispersion.Tool.Tests;

public sealed partial class InterruptionTests : IDisposable
{
    private const int Interrupt = 2, Terminate = 15;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_interrupted_command_says_that_nothing_was_kept_and_what_would_keep_it()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        CommandRun run = CommandRun.With("", cancellation.Token, Arguments("m.zip", checkpoints: null));

        Assert.Equal(130, run.ExitCode);
        Assert.Contains("Nothing was kept. With --checkpoints", run.Error, StringComparison.Ordinal);
        Assert.Equal(130, run.Json.GetProperty("exitCode").GetInt32());
    }

    [SkippableFact]
    public async Task Ctrl_C_ends_a_training_that_the_same_command_goes_on_with()
    {
        Skip.If(OperatingSystem.IsWindows(), "Signals are sent as on Unix.");
        string[] args = Arguments("m.zip", _folder.File("checkpoints"));
        using (Process process = Start(args))
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            var waited = Stopwatch.StartNew();
            while (!process.HasExited && !HasCheckpointOfTwoSteps())
            {
                Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), "no checkpoint came");
                await Task.Delay(20);
            }

            Assert.Equal(0, Kill(process.Id, IgnoresInterrupts() ? Terminate : Interrupt));
            await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
            Assert.True(process.ExitCode == 130, $"{process.ExitCode}\n{await error}");
            Assert.Contains("the same command goes on from it", await error, StringComparison.Ordinal);
            Assert.Equal(130, JsonDocument.Parse(await output).RootElement.GetProperty("exitCode").GetInt32());
            Assert.False(File.Exists(_folder.File("m.zip")));
        }

        CommandRun resumed = CommandRun.Done(args);
        CommandRun whole = CommandRun.Done(Arguments("whole.zip", checkpoints: null));

        Assert.True(resumed.Json.GetProperty("resumedFromStep").GetInt32() >= 2);
        Assert.Equal(whole.Json.GetProperty("steps").GetInt32(), resumed.Json.GetProperty("steps").GetInt32());
        Assert.True(File.Exists(_folder.File("m.zip")));
    }

    /// <summary>Older checkpoints make way for newer ones, so no single one can be waited for.</summary>
    private bool HasCheckpointOfTwoSteps() => Directory.Exists(_folder.File("checkpoints"))
        && Directory.EnumerateDirectories(_folder.File("checkpoints"), "checkpoint-*").Any(path => int.TryParse(path.AsSpan(path.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int step) && step >= 2);

    private string[] Arguments(string output, string? checkpoints) =>
    [
        "finetune", _folder.Tickets(), "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", _folder.File(output), "--epochs", "200", "--max-steps", "600", "--batch-size", "8", "--validation-fraction", "0", "--json",
        .. checkpoints is null ? Array.Empty<string>() : ["--checkpoints", checkpoints, "--checkpoint-every", "1"],
    ];

    /// <summary>Shells start what runs in the background so that Ctrl+C does not reach it, and their children inherit that; the tool ends in the same way where it is told to terminate.</summary>
    private static bool IgnoresInterrupts() =>
        File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && (ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Interrupt - 1))) != 0;

    private static Process Start(string[] args)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "MLNet.Dispersion.Tool.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
