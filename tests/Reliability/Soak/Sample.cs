using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>What the process holds at a moment at which nothing is under way, after a collection.</summary>
/// <param name="Time">Since the start.</param>
/// <param name="ResidentBytes">Memory that lies in the machine's.</param>
/// <param name="ManagedBytes">Of which the runtime's objects.</param>
/// <param name="NativeBytes">What the C library has handed out.</param>
/// <param name="Handles">Open files, pipes, sockets.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Done">Pieces of work so far.</param>
internal sealed record Sample(TimeSpan Time, double ResidentBytes, double ManagedBytes, double NativeBytes, int Handles, int Threads, int Done)
{
    private const double Megabyte = 1 << 20;

    /// <summary>What grows if anything is kept, by name.</summary>
    internal static IReadOnlyList<(string Name, Func<Sample, double> Of)> Figures { get; } =
    [
        ("resident memory, MB", sample => sample.ResidentBytes / Megabyte),
        ("managed memory, MB", sample => sample.ManagedBytes / Megabyte),
        ("native memory in use, MB", sample => sample.NativeBytes / Megabyte),
        ("handles", sample => sample.Handles),
        ("threads", sample => sample.Threads),
    ];

    /// <summary>Takes one.</summary>
    internal static Sample Take(TimeSpan time, int done)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using Process self = Process.GetCurrentProcess();
        int handles = OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : self.HandleCount;
        return new Sample(time, self.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false), NativeHeap.BytesInUse(), handles, self.Threads.Count, done);
    }

    /// <summary>Prints samples as a table.</summary>
    internal static void Print(IEnumerable<Sample> samples)
    {
        Console.WriteLine("| minute | pieces of work | resident memory, MB | managed memory, MB | native memory in use, MB | handles | threads |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (Sample sample in samples)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {sample.Time.TotalMinutes:0.0} | {sample.Done} | {sample.ResidentBytes / Megabyte:0} | {sample.ManagedBytes / Megabyte:0.0} | {sample.NativeBytes / Megabyte:0.00} | {sample.Handles} | {sample.Threads} |"));
        }

        Console.WriteLine();
    }
}
