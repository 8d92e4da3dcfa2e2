using System.Globalization;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>Many threads at mixed work for a long time, and processes that exit while they compute. Ends with 0 where nothing was wrong, nothing grew and nothing aborted.</summary>
internal static class Program
{
    private const int Threads = 16;

    private static int Main(string[] arguments)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        switch (arguments)
        {
            case ["work", var minutes]:
                return MixedWork.Run(TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)), Threads);
            case ["growth", var count, .. var names]:
                return Growth.Run(int.Parse(count, CultureInfo.InvariantCulture), names);
            case ["exits", var count]:
                return Exits.Run(int.Parse(count, CultureInfo.InvariantCulture));
            case ["exit-while-computing", var zip, var how, var milliseconds]:
                return Exits.ComputeUntilExit(zip, how, TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)), Threads);
            default:
                Console.Error.WriteLine($"""
                    usage: Soak work 60      {Threads} threads at mixed work for so many minutes: memory, handles and threads as they go, and whether they grow
                           Soak growth 100 [KIND ...]   each kind of work, or those named, alone on one thread: the native memory that a piece leaves behind
                           Soak exits 30     processes that exit in five ways while {Threads} threads compute
                    """);
                return 2;
        }
    }
}
