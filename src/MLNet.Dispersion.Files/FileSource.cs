namespace MLNet.Dispersion.Files;

/// <summary>
/// A place from which the files of a model in Hugging Face's format can be read: a directory, an assembly's resources, an ML.NET model zip.
/// </summary>
/// <remarks>File names are plain names without folders, such as <c>config.json</c>. Implementations are safe for concurrent reads.</remarks>
public abstract class FileSource
{
    /// <summary>Gets what messages call the place: a directory's path, for example.</summary>
    public abstract string Name { get; }

    /// <summary>Says whether a file is there.</summary>
    /// <param name="fileName">A plain file name.</param>
    public abstract bool Contains(string fileName);

    /// <summary>Opens a file, hands its stream to <paramref name="read"/> and closes it. The stream is only promised to be readable forwards.</summary>
    /// <param name="fileName">A plain file name.</param>
    /// <param name="read">Reads the stream; called once.</param>
    /// <exception cref="ModelFileException">The file is missing.</exception>
    public abstract void Read(string fileName, Action<Stream> read);

    /// <summary>Reads the whole of a small file, such as a configuration: of at most <see cref="RegularFile.MaxBytesAtOnce"/>, which is looked at before anything is read.</summary>
    /// <param name="fileName">A plain file name.</param>
    /// <exception cref="ModelFileException">The file is missing, larger, or cannot be read.</exception>
    public byte[] ReadAllBytes(string fileName)
    {
        byte[] bytes = [];
        Read(fileName, stream => bytes = RegularFile.ReadToEnd(stream, Describe(fileName)));
        return bytes;
    }

    /// <summary>Gets a file's name together with the place, for messages.</summary>
    /// <param name="fileName">A plain file name.</param>
    public string Describe(string fileName) => $"{Name}/{fileName}";

    /// <summary>Gets a folder inside of the place, such as <c>additional_chat_templates</c>, as a place of its own; null where there is none. Places that are flat, such as an ML.NET model, have none.</summary>
    /// <param name="name">The folder's plain name.</param>
    public virtual FileSource? FindFolder(string name) => null;

    /// <summary>Gets the names of the files that lie directly in the place, in no order; none where the place cannot tell.</summary>
    public virtual IEnumerable<string> FileNames() => [];
}
