using System.Collections.Concurrent;

namespace MLNet.Dispersion;

/// <summary>Where models that were saved as an adapter alone (<see cref="AdapterSaving.AdapterOnly"/>) find their bases again. Thread-safe.</summary>
/// <remarks>
/// A base is looked for by its name among those registered here, then, in the process that saved the model, in the directory that it came from (earlier
/// files name that directory; those written now hold no path). Whatever is found must have the very weights that the adapter was trained on, which a hash
/// tells. <c>ModelSource.TinyEnglish</c> and <c>ModelSource.TinySentences</c> need not be registered for ML.NET models.
/// </remarks>
public static class AdapterBases
{
    private static readonly ConcurrentDictionary<string, ModelSource> Known = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string> Directories = new(StringComparer.OrdinalIgnoreCase);   // by the weights' hash

    /// <summary>Gets the names that are registered.</summary>
    public static IReadOnlyCollection<string> Names => [.. Known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes a base known by its name, or replaces it.</summary>
    /// <param name="backbone">The base; nothing is read before a model needs it.</param>
    /// <param name="name">The name under which models ask for it; null (default) for the backbone's own.</param>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public static void Register(ModelSource backbone, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        }

        Known[name ?? backbone.Name] = backbone;
    }

    /// <summary>Notes where a base lies that an adapter was just saved without, for as long as the process lives.</summary>
    internal static void Remember(AdapterBase identity)
    {
        if (identity is { Sha256: { } hash, Directory: { } directory })
        {
            Directories[hash] = directory;
        }
    }

    /// <summary>Finds a base.</summary>
    /// <param name="identity">What the model says of it.</param>
    /// <param name="file">The file that says it, for messages.</param>
    /// <exception cref="ModelFileException">It is not here.</exception>
    internal static ModelSource Find(AdapterBase identity, string file)
    {
        if (Known.TryGetValue(identity.Name, out ModelSource? backbone))
        {
            return backbone;
        }

        string? directory = identity.Sha256 is { } hash && Directories.TryGetValue(hash, out string? remembered) ? remembered : identity.Directory;
        if (directory is not null && File.Exists(Path.Combine(directory, "config.json")))
        {
            return ModelSource.FromDirectory(directory);
        }

        string place = directory is null ? "" : $" and is not in {Printable.Name(directory)}, where it came from";
        throw new ModelFileException(file, $"The model holds an adapter without its base, '{Printable.Name(identity.Name)}', which is not registered{place}. Register it before loading, AdapterBases.Register(ModelSource.FromDirectory(…), \"{Printable.Name(identity.Name)}\"), or save the model with AdapterSaving.Everything.");
    }
}
