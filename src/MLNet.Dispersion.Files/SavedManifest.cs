using System.Security.Cryptography;

namespace MLNet.Dispersion.Files;

/// <summary>Says which files one save wrote into a directory, and how each can be known: <c>dispersion-manifest.json</c>. Immutable and thread-safe.</summary>
/// <remarks>
/// It binds weights that lie in several files, so that a mixture of two models is not loaded. A directory without it is as good as one with it, and a file that was edited
/// or replaced since, such as config.json, loads: <see cref="Changed"/> names those that differ.
/// </remarks>
public sealed class SavedManifest
{
    /// <summary>The manifest's own name.</summary>
    public const string FileName = "dispersion-manifest.json";

    private const string Cure = "Delete it, or save the model again.";
    private static readonly VersionedJson<ManifestDocument> Format = new("list of saved files", "mlnet-dispersion/saved-files", 1, Cure);
    private readonly ManifestDocument _document;
    private readonly Dictionary<string, SavedFile> _files;

    private SavedManifest(ManifestDocument document)
    {
        _document = document;
        _files = document.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
    }

    /// <summary>Gets the names of the files that it lists.</summary>
    public IReadOnlyCollection<string> Names => _files.Keys;

    /// <summary>Gets the folder from which a save's files are moved into their places; it is there only while that goes on, or where it was interrupted.</summary>
    internal string? Pending => _document.Pending;

    /// <summary>Gets the names of the former model's files that go with that.</summary>
    internal IReadOnlyList<string> Removed => _document.Removed;

    /// <summary>Reads the manifest of a place; null where there is none.</summary>
    /// <param name="source">The place.</param>
    /// <exception cref="ModelFileException">It is damaged, or of a newer version.</exception>
    public static SavedManifest? Find(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Contains(FileName) ? Format.Read(source, FileName, document => new SavedManifest(Checked(document))) : null;
    }

    /// <summary>Reads a manifest where it lies, past what is interrupted there.</summary>
    internal static SavedManifest Read(string path)
    {
        using FileStream stream = RegularFile.OpenRead(path);
        try
        {
            return new SavedManifest(Checked(Format.Read(RegularFile.ReadToEnd(stream, path))));
        }
        catch (FormatException e)
        {
            throw new ModelFileException(path, e.Message, innerException: e);
        }
    }

    /// <summary>Tells whether a file is the one that was saved.</summary>
    /// <param name="fileName">Its plain name.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="sha256">The hash of its bytes.</param>
    /// <returns>False as well where the manifest does not list it.</returns>
    public bool Knows(string fileName, long length, ReadOnlySpan<byte> sha256) =>
        _files.TryGetValue(fileName, out SavedFile? file) && file.Length == length && file.Sha256 == Convert.ToHexStringLower(sha256);

    /// <summary>Gets the names of the files that were edited, replaced or deleted since they were saved, sorted.</summary>
    /// <param name="source">The place of the manifest; the files asked for are read.</param>
    /// <param name="which">Says which files are to be looked at.</param>
    /// <exception cref="ModelFileException">A file cannot be read.</exception>
    public IReadOnlyList<string> Changed(FileSource source, Func<string, bool> which)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(which);
        return [.. _files.Keys.Where(which).Where(name => !source.Contains(name) || !Same(source, name)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Writes the manifest of a save.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="former">The one before; null for none.</param>
    /// <param name="written">The files of this save.</param>
    /// <param name="stays">Says of a former file whether it is still there.</param>
    /// <param name="pending">The folder with the new files; null where they are in their places.</param>
    /// <param name="removed">The former files that go.</param>
    internal static void Write(Stream stream, SavedManifest? former, IReadOnlyList<SavedFile> written, Func<string, bool> stays, string? pending, IReadOnlyList<string> removed)
    {
        HashSet<string> replaced = [.. written.Select(file => file.Name), .. removed];
        IEnumerable<SavedFile> kept = former is null ? [] : former._document.Files.Where(file => !replaced.Contains(file.Name) && stays(file.Name));
        Format.Write(new ManifestDocument([.. kept.Concat(written).OrderBy(file => file.Name, StringComparer.Ordinal)], pending, removed), stream);
    }

    private bool Same(FileSource source, string name)
    {
        bool same = false;
        source.Read(name, stream =>
        {
            using var hashing = new HashingStream(stream);
            hashing.CopyTo(Stream.Null);
            same = Knows(name, hashing.Position, hashing.TakeHash());
        });
        return same;
    }

    private static ManifestDocument Checked(ManifestDocument document)
    {
        Format.Require(document.Files.All(file => file is { Length: >= 0, Sha256.Length: 2 * SHA256.HashSizeInBytes } && IsPlain(file.Name)), "files", document.Files.Count, "hold plain names, lengths and hashes");
        Format.Require(document.Files.DistinctBy(file => file.Name).Count() == document.Files.Count, "files", document.Files.Count, "name each file once");
        Format.Require(document.Removed.All(IsPlain), "removed", document.Removed.Count, "hold plain names");
        Format.Require(document.Pending is null || Leftovers.IsInside(document.Pending), "pending", document.Pending, "be a folder's name as this library makes it");
        return document;
    }

    private static bool IsPlain(string? name) => name is not (null or "" or "." or "..") && name == Path.GetFileName(name) && !name.AsSpan().ContainsAny('/', '\\', ':');
}

/// <summary>A file of a save.</summary>
/// <param name="Name">Its plain name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">The hash of its bytes, in lower-case hexadecimal.</param>
internal sealed record SavedFile(string Name, long Length, string Sha256);

/// <summary>What stands in the manifest.</summary>
/// <param name="Files">The files of the last save, and those of earlier ones that lie beside them.</param>
/// <param name="Pending">The folder from which they are moved.</param>
/// <param name="Removed">Former files that go.</param>
internal sealed record ManifestDocument(IReadOnlyList<SavedFile> Files, string? Pending, IReadOnlyList<string> Removed);

/// <summary>Passes files on and notes by what each can be known.</summary>
internal sealed class NotingSink(FileSink inner) : FileSink
{
    private readonly List<SavedFile> _files = [];

    /// <summary>What was written, in order.</summary>
    internal IReadOnlyList<SavedFile> Files => _files;

    /// <inheritdoc/>
    public override void Write(string fileName, Action<Stream> write) => inner.Write(fileName, stream =>
    {
        using var hashing = new HashingStream(stream);
        write(hashing);
        _files.Add(new SavedFile(fileName, hashing.Position, Convert.ToHexStringLower(hashing.TakeHash())));
    });

    /// <inheritdoc/>
    public override FileSink? MakeFolder(string name) => inner.MakeFolder(name);
}
