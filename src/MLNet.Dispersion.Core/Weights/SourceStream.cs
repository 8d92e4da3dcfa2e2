namespace MLNet.Dispersion;

/// <summary>Reads from the stream of a file of weights; whatever goes wrong there becomes a <see cref="ModelFileException"/>.</summary>
internal static class SourceStream
{
    internal static void ReadExactly(Stream stream, Span<byte> buffer, string file, string what, string? tensor = null)
    {
        try
        {
            stream.ReadExactly(buffer);
        }
        catch (EndOfStreamException e)
        {
            throw new ModelFileException(file, $"The file ends within {what}: it is truncated. Fetch or write it again.", Shown(tensor), e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new ModelFileException(file, $"Reading {what} failed: {e.Message}", Shown(tensor), e);
        }
    }

    /// <summary>Moves forwards, by reading where the stream cannot seek.</summary>
    internal static void Skip(Stream stream, long count, string file, string tensor)
    {
        if (stream.CanSeek && count <= stream.Length - stream.Position)
        {
            stream.Position += count;
            return;
        }

        var buffer = new byte[(int)Math.Min(count, 1 << 16)];
        for (long left = count; left > 0;)
        {
            int part = (int)Math.Min(left, buffer.Length);
            ReadExactly(stream, buffer.AsSpan(0, part), file, "its values", tensor);
            left -= part;
        }
    }

    private static string? Shown(string? tensor) => tensor is null ? null : Printable.Name(tensor);
}
