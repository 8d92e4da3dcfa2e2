using System.Reflection;

namespace MLNet.Dispersion.Files;

/// <summary>A model's files embedded in an assembly as resources named <c>prefix/file</c>, those of folders <c>prefix/folder/file</c>.</summary>
public sealed class ResourceSource : FileSource
{
    private readonly Assembly _assembly;
    private readonly string _prefix;

    /// <summary>Names the resources; nothing is read yet.</summary>
    /// <param name="assembly">The assembly that holds them.</param>
    /// <param name="prefix">The part of their names before the slash.</param>
    public ResourceSource(Assembly assembly, string prefix)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        _assembly = assembly;
        _prefix = prefix;
    }

    /// <inheritdoc/>
    public override string Name => $"{_assembly.GetName().Name}:{_prefix}";

    /// <inheritdoc/>
    public override bool Contains(string fileName) => _assembly.GetManifestResourceInfo($"{_prefix}/{fileName}") is not null;

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        using var stream = _assembly.GetManifestResourceStream($"{_prefix}/{fileName}")
            ?? throw new ModelFileException(Describe(fileName), "The assembly holds no such resource.");
        read(stream);
    }

    /// <inheritdoc/>
    public override FileSource? FindFolder(string name)
    {
        string folder = $"{_prefix}/{name}";
        return _assembly.GetManifestResourceNames().Any(resource => resource.StartsWith(folder + "/", StringComparison.Ordinal)) ? new ResourceSource(_assembly, folder) : null;
    }

    /// <inheritdoc/>
    public override IEnumerable<string> FileNames() => _assembly.GetManifestResourceNames()
        .Where(resource => resource.StartsWith(_prefix + "/", StringComparison.Ordinal))
        .Select(resource => resource[(_prefix.Length + 1)..])
        .Where(name => !name.Contains('/', StringComparison.Ordinal));
}
