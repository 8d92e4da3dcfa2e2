using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MLNet.Dispersion.Benchmarks.All;

/// <summary>Says what kind of machine this is: figures of different kinds do not compare.</summary>
internal static class Machine
{
    internal static string Kind()
    {
        string vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : $"{RuntimeInformation.ProcessArchitecture}";
        return FormattableString.Invariant($"{Processor()}, {vectors}, {Environment.ProcessorCount} threads, {(OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "Linux")}");
    }

    private static string Processor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
    }
}
