using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Search.Tests;

/// <summary>Several processes that make one comparison, as several machines do.</summary>
public sealed class SharedComparisonTests
{
    private const string Server = "MLNET_DISPERSION_POSTGRES";
    private const int Trainings = 6;

    [SkippableTheory]
    [InlineData("file")]
    [InlineData("PostgreSQL")]
    public async Task Compare_TwoProcesses_ShareTheTrainingsAndGetOneResult(string kind)
    {
        string? server = Environment.GetEnvironmentVariable(Server);
        Skip.If(kind != "file" && string.IsNullOrWhiteSpace(server), $"PostgreSQL absent: set {Server} to a connection string of a database that tests may write to");
        string folder = Directory.CreateTempSubdirectory("comparison").FullName;
        try
        {
            string place = kind == "file" ? Path.Combine(folder, "comparison.db") : server!;
            string study = $"test-{Guid.NewGuid():N}";

            string[][] shared = await Task.WhenAll(RunAsync(place, study, folder, "first", 2), RunAsync(place, study, folder, "second", 2));

            // No training was made twice, none left out, and neither process did all.
            int[] trained = [.. shared.Select(lines => int.Parse(lines[0], CultureInfo.InvariantCulture))];
            Assert.Equal(Trainings, trained.Sum());
            Assert.DoesNotContain(0, trained);

            // Each has the whole result, and it is that of one process alone.
            string alone = Directory.CreateDirectory(Path.Combine(folder, "alone")).FullName;
            string[] single = await RunAsync("memory", study, alone, "single", 1);
            Assert.Equal($"{Trainings}", single[0]);
            Assert.All(shared, lines => Assert.Equal(single[1..], lines[1..]));

            // Whoever comes later trains nothing.
            string[] late = await RunAsync(place, study, Directory.CreateDirectory(Path.Combine(folder, "late")).FullName, "late", 1);
            Assert.Equal(["0", .. single[1..]], late);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs a process to its end, and reads what it wrote.</summary>
    private static async Task<string[]> RunAsync(string place, string study, string folder, string name, int processes)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "ComparisonWorker.dll"), place, study, folder, name, processes.ToString(CultureInfo.InvariantCulture)]);
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process worker = Process.Start(start)!;
        try
        {
            await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill();
            }
        }

        Assert.Equal(0, worker.ExitCode);
        return await File.ReadAllLinesAsync(Path.Combine(folder, name + ".txt"));
    }
}
