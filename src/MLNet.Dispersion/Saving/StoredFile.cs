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

    internal static void WriteAll(BinaryWriter writer, IReadOnlyList<StoredFile> files)
    {
        writer.Write(files.Count);
        foreach (StoredFile file in files)
        {
            writer.Write(file.Name);
            writer.Write(file.Length);
            writer.Write(file.Sha256);
        }
    }

    /// <summary>Reads what <see cref="WriteAll"/> wrote, inside <see cref="ModelFormat.Read"/>.</summary>
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
