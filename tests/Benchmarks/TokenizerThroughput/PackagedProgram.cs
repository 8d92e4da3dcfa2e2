using System.IO.Compression;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>A copy of this program with the assemblies that packages hold for this platform in the places of those that it was built with.</summary>
internal static class PackagedProgram
{
    /// <summary>Makes it, and returns its path.</summary>
    /// <param name="packages">A folder of packages.</param>
    /// <param name="folder">Where to; overwritten.</param>
    public static string Make(string packages, string folder)
    {
        string from = AppContext.BaseDirectory;
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to, overwrite: true);
        }

        string place = $"runtimes/{RuntimeInformation.RuntimeIdentifier}/lib/";
        string[] replaced = [.. Directory.EnumerateFiles(packages, "*.nupkg").SelectMany(package => Replace(package, place, folder))];
        Console.WriteLine(replaced.Length > 0 ? $"packaged: {string.Join(", ", replaced)}" : throw new FileNotFoundException($"No package in {packages} holds anything in {place}."));
        return Path.Combine(folder, Path.GetFileName(Environment.ProcessPath!));
    }

    private static List<string> Replace(string package, string place, string folder)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        List<ZipArchiveEntry> entries = [.. archive.Entries.Where(entry => entry.FullName.StartsWith(place, StringComparison.Ordinal) && File.Exists(Path.Combine(folder, entry.Name)))];
        entries.ForEach(entry => entry.ExtractToFile(Path.Combine(folder, entry.Name), overwrite: true));
        return [.. entries.Select(entry => entry.Name)];
    }
}
