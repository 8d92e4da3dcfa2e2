using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>The checkpoint inside an ML.NET model zip. Every file is compared with the length and hash that were noted when it was saved.</summary>
internal sealed class ModelZipSource(LoadContext context, IReadOnlyList<StoredFile> files) : FileSource
{
    private readonly Dictionary<string, StoredFile> _files = files.ToDictionary(file => file.Name, StringComparer.Ordinal);

    public override string Name => "ML.NET model zip";

    public override bool Contains(string fileName) => _files.ContainsKey(fileName);

    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (!_files.TryGetValue(fileName, out StoredFile? file) || !TryRead(file, read))
        {
            throw new ModelFileException(Describe(fileName), "The model zip holds no such file. Save the model again, or fetch the file again.");
        }
    }

    private bool TryRead(StoredFile file, Action<Stream> read)
    {
        if (context.LengthOf(file.Name) is { } length)
        {
            RequireLength(file, length);
        }

        try
        {
            return context.TryReadEntry(file.Name, stream => ReadChecked(file, stream, read));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(file, $"it cannot be unpacked ({e.Message})", e);
        }
    }

    private void ReadChecked(StoredFile file, Stream stream, Action<Stream> read)
    {
        RequireLength(file, stream.Length);
        using var hashing = new HashingStream(stream);
        read(hashing);
        hashing.CopyTo(Stream.Null);
        if (!hashing.TakeHash().AsSpan().SequenceEqual(file.Sha256))
        {
            throw Damaged(file, "its bytes are not those that were saved");
        }
    }

    private void RequireLength(StoredFile file, long length)
    {
        if (length != file.Length)
        {
            throw Damaged(file, string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, not the {file.Length} that were saved"));
        }
    }

    private ModelFileException Damaged(StoredFile file, string how, Exception? cause = null) =>
        new(Describe(file.Name), $"The file is damaged: {how}. Save the model again, or fetch the file again.", innerException: cause);
}
