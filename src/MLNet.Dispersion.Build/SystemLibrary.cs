using System.Diagnostics;
using System.Text;

namespace MLNet.Dispersion.Build;

/// <summary>Finds a shared library as the Linux loader would: LD_LIBRARY_PATH, the loader's cache, the usual folders.</summary>
internal static class SystemLibrary
{
    private static readonly string[] UsualFolders =
    [
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
        "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib64", "/usr/local/lib",
    ];

    /// <summary>
    /// Whether the library that the loader would take for a program of processor type <paramref name="machine"/> defines
    /// the symbol version; false also where no such library is found.
    /// </summary>
    public static bool Provides(string name, string version, ushort machine) =>
        Find(name, machine) is { } path && Mentions(path, version);

    /// <summary>Whether the file holds <paramref name="version"/> as one of its zero-terminated names.</summary>
    public static bool Mentions(string path, string version) =>
        File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{version}\0")) >= 0;

    /// <summary>The library's path, or null where there is none for this processor type.</summary>
    public static string? Find(string name, ushort machine) =>
        Candidates(name).FirstOrDefault(path => IsFor(path, machine));

    /// <summary>The paths which the output of <c>ldconfig -p</c> gives for a library, in its order.</summary>
    public static IEnumerable<string> ParseLoaderCache(string listing, string name)
    {
        foreach (string line in listing.Split('\n'))
        {
            int arrow = line.IndexOf("=>", StringComparison.Ordinal);
            if (arrow > 0 && line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal))
            {
                yield return line[(arrow + 2)..].Trim();
            }
        }
    }

    private static IEnumerable<string> Candidates(string name)
    {
        string searchPath = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "";
        foreach (string folder in searchPath.Split([':', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            yield return Path.Combine(folder, name);
        }

        foreach (string path in ParseLoaderCache(ReadLoaderCache(), name))
        {
            yield return path;
        }

        foreach (string folder in UsualFolders)
        {
            yield return Path.Combine(folder, name);
        }
    }

    private static bool IsFor(string path, ushort machine)
    {
        try
        {
            Span<byte> header = stackalloc byte[64];
            using FileStream file = File.OpenRead(path);
            file.ReadExactly(header);
            return ElfImage.IsElf64LittleEndian(header) && BitConverter.ToUInt16(header[18..]) == machine;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string ReadLoaderCache()
    {
        string? program = new[] { "/sbin/ldconfig", "/usr/sbin/ldconfig" }.FirstOrDefault(File.Exists);
        if (program is null)
        {
            return "";
        }

        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, "-p") { RedirectStandardOutput = true })!;
            string listing = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return listing;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
