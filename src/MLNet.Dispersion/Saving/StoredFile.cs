using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>A file of the checkpoint inside a saved model, and how to tell whether it is still whole.</summary>
/// <param name="Name">Its plain name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">The hash of its bytes.</param>
internal sealed record StoredFile(string Name, long Length, byte[] Sha256)
{
    private const int MaxFiles = 1_000;
    private const int HashBytes = 32;

    /// <summary>Checks the list of a document, inside <see cref="ModelFormat.Read"/>.</summary>
    internal static IReadOnlyList<StoredFile> Checked(IReadOnlyList<StoredFile> files)
    {
        ModelFormat.Require(files.Count <= MaxFiles, string.Create(CultureInfo.InvariantCulture, $"{files.Count} files"));
        ModelFormat.Require(files.All(file => file is { Sha256.Length: HashBytes }), "a hash that is cut off");
        return files;
    }

    /// <summary>Reads the list of the version that wrote fields in binary, inside <see cref="ModelFormat.Read"/>.</summary>
    internal static IReadOnlyList<StoredFile> ReadAll(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        ModelFormat.Require(count is >= 0 and <= MaxFiles, string.Create(CultureInfo.InvariantCulture, $"{count} files"));
        var files = new List<StoredFile>();
        for (int i = 0; i < count; i++)
        {
            var file = new StoredFile(reader.ReadString(), reader.ReadInt64(), reader.ReadBytes(HashBytes));
            ModelFormat.Require(file.Sha256.Length == HashBytes, "a hash that is cut off");
            files.Add(file);
        }

        return files;
    }
}
