using System.Text.Json;

namespace MLNet.Dispersion.Build.Tests;

/// <summary>What NuGet restored for a project, but not what is for its own build alone.</summary>
internal static class RestoredLibraries
{
    /// <summary>The packages, and the projects referred to, of a project.</summary>
    /// <param name="project">The project's folder.</param>
    public static IReadOnlyList<RestoredLibrary> Of(string project)
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(project, "obj", "project.assets.json")));
        string[] folders = [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
        HashSet<string> own = [.. assets.RootElement.GetProperty("project").GetProperty("frameworks").EnumerateObject()
            .Where(framework => framework.Value.TryGetProperty("dependencies", out _))
            .SelectMany(framework => framework.Value.GetProperty("dependencies").EnumerateObject())
            .Where(dependency => dependency.Value.TryGetProperty("suppressParent", out JsonElement kept) && kept.GetString() == "All")
            .Select(dependency => dependency.Name)];
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject()
            .Select(library => (Name: library.Name.Split('/'), Type: library.Value.GetProperty("type").GetString(), Path: library.Value.GetProperty("path").GetString()!))
            .Where(library => !own.Contains(library.Name[0]))
            .Select(library => new RestoredLibrary(
                library.Name[0],
                library.Name[1],
                library.Type == "package" ? folders.Select(folder => Path.Combine(folder, library.Path)).First(Directory.Exists) : null))];
    }
}

/// <summary>A package or a project that another one refers to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Folder">Where the package lies; null for a project.</param>
internal sealed record RestoredLibrary(string Name, string Version, string? Folder);
