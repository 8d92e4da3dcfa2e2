using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>A process that trains and saves after every step is killed at any moment, most often in the middle of saving.</summary>
public sealed class KilledProcessTests
{
    private const int Kills = 5;

    [Trait("Category", "Long")]
    [Fact]
    public async Task Train_KilledOverAndOver_LosesAtMostOneStepAndEndsWithTheSameBits()
    {
        using var undisturbed = new TemporaryFolder();
        using var disturbed = new TemporaryFolder();
        string[] expected = await RunAsync(undisturbed.Path);
        var random = new Random(11);
        int done = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            int reported = await KillAsync(disturbed.Path, afterSteps: 1 + random.Next(4), delay: TimeSpan.FromMilliseconds(random.NextDouble() * 25));
            TrainingCheckpoint latest = TrainingCheckpoint.Latest(disturbed.Path)!;
            CheckpointManifest.Read(new DirectorySource(latest.Path)).Verify(new DirectorySource(latest.Path));

            // What was reported was saved before; since then at most the step that was being made or reported.
            Assert.True(latest.Finished || latest.Step >= Math.Max(reported, done), $"step {reported} was reported, but the newest checkpoint is of step {latest.Step}");
            done = latest.Step;
        }

        string[] resumed = await RunAsync(disturbed.Path);

        Assert.Equal(expected[^2..], resumed[^2..]);
        Assert.StartsWith("weights ", resumed[^1], StringComparison.Ordinal);
        Assert.Equal("from " + done.ToString(CultureInfo.InvariantCulture), resumed[^3]);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(disturbed.Path), entry => Path.GetFileName(entry).StartsWith('.'));
        Assert.Equal(undisturbed.Folders, disturbed.Folders);
    }

    private static async Task<string[]> RunAsync(string checkpoints)
    {
        using Process process = Start(checkpoints);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode}: {await errors}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Kills the process (SIGKILL) once it has reported some steps, and a moment later.</summary>
    /// <returns>The last step that it reported.</returns>
    private static async Task<int> KillAsync(string checkpoints, int afterSteps, TimeSpan delay)
    {
        using Process process = Start(checkpoints);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        int last = 0;
        int seen = 0;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("step ", StringComparison.Ordinal))
            {
                continue;
            }

            last = int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture);
            if (++seen == afterSteps)
            {
                await Task.Delay(delay);
                process.Kill();
            }
        }

        await process.WaitForExitAsync();
        Assert.True(seen >= afterSteps, $"It ended by itself after {seen} steps: {await errors}");
        return last;
    }

    private static Process Start(string checkpoints) => Process.Start(
        new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "CheckpointedTraining.dll"), TinyBackbone.WholeDirectory, checkpoints])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
