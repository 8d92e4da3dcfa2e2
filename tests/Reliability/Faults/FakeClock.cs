using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>A clock that programs under libfaketime go by, and that can be set while they run.</summary>
/// <remarks>Not for programs of .NET while they wait: libfaketime sets the stopwatch as well, and a wait that is pending then may last as long as the step.</remarks>
internal sealed class FakeClock : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes one that goes right.</summary>
    internal FakeClock()
    {
        // Servers run as users of their own.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        }

        Set(TimeSpan.Zero);
    }

    /// <summary>Gets libfaketime's path; null where it is not installed.</summary>
    internal static string? Library { get; } = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;

    /// <summary>Makes a program go by it.</summary>
    internal void Apply(ProcessStartInfo start)
    {
        start.Environment["LD_PRELOAD"] = Library;
        start.Environment["FAKETIME_TIMESTAMP_FILE"] = _folder.File("clock");
        start.Environment["FAKETIME_NO_CACHE"] = "1";
    }

    /// <summary>Sets it, to so much after the machine's.</summary>
    internal void Set(TimeSpan offset)
    {
        string file = _folder.File("clock");
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.TotalSeconds):0}\n"));
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Dispose() => _folder.Dispose();
}
