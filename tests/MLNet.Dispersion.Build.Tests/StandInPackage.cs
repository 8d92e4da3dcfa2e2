using System.IO.Compression;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>A small NuGet package with a real one's name, so that a test need not download hundreds of megabytes.</summary>
internal static class StandInPackage
{
    /// <summary>Writes the package into a folder that serves as a feed.</summary>
    /// <param name="feed">The folder.</param>
    /// <param name="name">The package's name.</param>
    /// <param name="version">Its version, one that the real package does not have.</param>
    /// <param name="files">The paths of the files in it; each holds one byte.</param>
    public static void Write(string feed, string name, string version, params string[] files)
    {
        using ZipArchive archive = ZipFile.Open(Path.Combine(feed, $"{name}.{version}.nupkg"), ZipArchiveMode.Create);
        using (var specification = new StreamWriter(archive.CreateEntry($"{name}.nuspec").Open()))
        {
            specification.Write($"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata>
                    <id>{name}</id>
                    <version>{version}</version>
                    <authors>test</authors>
                    <description>Stands in for a large package.</description>
                  </metadata>
                </package>
                """);
        }

        foreach (string file in files)
        {
            using Stream content = archive.CreateEntry(file).Open();
            content.WriteByte(0);
        }
    }
}
