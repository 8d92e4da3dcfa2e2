using System.IO.Compression;

namespace MLNet.Dispersion.Files;

/// <summary>The files of a model in a folder of a zip, such as an ML.NET model. The zip is opened anew for each file, so that reads may be concurrent.</summary>
public sealed class ZipSource : FileSource
{
    private readonly string _path;
    private readonly string _folder;
    private readonly HashSet<string> _files;

    /// <summary>Names the zip and finds the folder in it that holds a file, which must be one alone.</summary>
    /// <param name="path">The zip's path.</param>
    /// <param name="fileNames">Names of files, of which one lies in the folder, such as <c>config.json</c>.</param>
    /// <exception cref="ModelFileException">The zip is missing or damaged, or no folder, or several of them, hold such a file.</exception>
    public ZipSource(string path, params IReadOnlyList<string> fileNames)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(fileNames);
        _path = Path.GetFullPath(path);
        string[] entries = Open(zip => zip.Entries.Select(entry => entry.FullName.Replace('\\', '/')).ToArray());
        string[] folders = [.. entries.Where(entry => fileNames.Contains(Path.GetFileName(entry))).Select(FolderOf).Distinct(StringComparer.Ordinal)];
        _folder = folders.Length == 1 ? folders[0] : throw new ModelFileException(_path, folders.Length == 0
            ? $"The zip holds no {string.Join(" and no ", fileNames)}, so that there is no model of this library in it."
            : $"The zip holds several models: {Printable.FirstTen(folders)}. Save the one that is meant alone.");
        _files = [.. entries.Where(entry => FolderOf(entry) == _folder).Select(entry => Path.GetFileName(entry))];
    }

    /// <inheritdoc/>
    public override string Name => _path;

    /// <inheritdoc/>
    public override bool Contains(string fileName) => _files.Contains(fileName);

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (!Contains(fileName))
        {
            throw new ModelFileException(Describe(fileName), "The zip holds no such file.");
        }

        Open(zip =>
        {
            using Stream stream = zip.Entries.First(entry => entry.FullName.Replace('\\', '/') == _folder + fileName).Open();
            read(stream);
            return true;
        });
    }

    /// <inheritdoc/>
    public override IEnumerable<string> FileNames() => _files;

    private static string FolderOf(string entry) => entry[..(entry.LastIndexOf('/') + 1)];

    private T Open<T>(Func<ZipArchive, T> use)
    {
        if (!File.Exists(_path))
        {
            throw new ModelFileException(_path, "There is no such file. Name the zip that ML.NET's Model.Save wrote.");
        }

        try
        {
            using ZipArchive zip = ZipFile.OpenRead(_path);
            return use(zip);
        }
        catch (InvalidDataException e)
        {
            throw new ModelFileException(_path, $"It is no zip, or a damaged one ({e.Message}). Save the model again, or fetch the file again.", innerException: e);
        }
    }
}
