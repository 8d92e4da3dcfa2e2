namespace MLNet.Dispersion.Examples.PaperFigures;

/// <summary>A model of the list, and the family whose line it stands on in pictures by size.</summary>
/// <param name="Family">The family's name; the model's own where none was given.</param>
/// <param name="Name">What tables and pictures call it.</param>
/// <param name="Open">Finds its files; a name on the hub is downloaded then.</param>
internal sealed record NamedModel(string Family, string Name, Func<ModelSource> Open)
{
    private const string Embedded = "TinyEnglish", EmbeddedSentences = "TinySentences";

    /// <summary>Reads one entry of the list: a folder, a GGUF file, a name on the hub, a file of a hub's repository as OWNER/NAME:FILE, TinyEnglish or TinySentences; before it FAMILY= where it belongs to one.</summary>
    /// <exception cref="UserException">It is none of these.</exception>
    public static NamedModel Parse(string entry)
    {
        (string? family, string place) = entry.Split('=', 2) is [{ Length: > 0 } before, { Length: > 0 } after] && !Directory.Exists(entry) && !File.Exists(entry)
            ? (before, after)
            : (null, entry);
        (string name, Func<ModelSource> open) = Find(place);
        return new NamedModel(family ?? name, name, open);
    }

    private static (string Name, Func<ModelSource> Open) Find(string place) => place switch
    {
        _ when Directory.Exists(place) => (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(place))), () => ModelSource.FromDirectory(place)),
        _ when File.Exists(place) => (Path.GetFileNameWithoutExtension(place), () => ModelSource.FromGguf(place)),
        Embedded => (Embedded, () => ModelSource.TinyEnglish),
        EmbeddedSentences => (EmbeddedSentences, () => ModelSource.TinySentences),
        _ when IsHubName(place.Split(':')[0]) => place.Split(':', 2) is [var repository, var file]
            ? (Path.GetFileNameWithoutExtension(file), () => ModelSource.FromHubGguf(repository, file))
            : (place, () => ModelSource.FromHub(place)),
        _ => throw new UserException($"There is no '{place}' here, and on the hub a name has two parts, such as Qwen/Qwen3-0.6B. Name a folder, a GGUF file, such a name, {Embedded} or {EmbeddedSentences}."),
    };

    private static bool IsHubName(string place) => place.Split('/') is [{ Length: > 0 }, { Length: > 0 }] && !place.StartsWith('.');
}
