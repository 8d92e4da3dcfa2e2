namespace MLNet.Dispersion.Tests;

/// <summary>A folder's copy in a temporary place, gone afterwards.</summary>
internal sealed class SavedCopy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-saved-").FullName;

    public SavedCopy(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(_folder, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>A file or folder of it.</summary>
    public string At(params string[] parts) => Path.Combine([_folder, .. parts]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
