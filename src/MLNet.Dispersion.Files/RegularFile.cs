using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Opens files that others wrote: no pipes and no devices, which could keep the reader waiting, and small files only as far as they are small. Thread-safe.</summary>
public static class RegularFile
{
    /// <summary>The most bytes of a file that is read at once, such as a configuration, a tokenizer or an index: 512 MiB. The largest tokenizer files known have some 35 MB.</summary>
    public const long MaxBytesAtOnce = 1L << 29;

    private const int BufferSize = 1 << 20;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file's path.</param>
    /// <returns>The stream; the caller disposes it.</returns>
    /// <exception cref="ModelFileException">It is a pipe, a socket or another thing that is no file, or cannot be opened: a loop of links, a missing right.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!UnixFile.IsFile(path))
        {
            throw new ModelFileException(path, "It is no file but a pipe, a device or the like, from which a reader could wait or read for ever. Name the file itself.");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new ModelFileException(path, $"It cannot be opened: {e.Message} Check the file, its rights, and the links that lead to it.", innerException: e);
        }
    }

    /// <summary>Reads a file of text in UTF-8, of at most <see cref="MaxBytesAtOnce"/>.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="ModelFileException">It is larger, no file, or cannot be read.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static string ReadAllText(string path)
    {
        using FileStream stream = OpenRead(path);
        using var reader = new StreamReader(new MemoryStream(ReadToEnd(stream, path)), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Reads the rest of a stream, of at most <see cref="MaxBytesAtOnce"/>. Where the stream knows its length, nothing is read of one that is too long.</summary>
    /// <param name="stream">The stream; stays the caller's.</param>
    /// <param name="file">What to call the file in messages.</param>
    /// <exception cref="ModelFileException">It is longer, or reading fails.</exception>
    public static byte[] ReadToEnd(Stream stream, string file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(file);
        long known = stream.CanSeek ? stream.Length - stream.Position : 0;
        RefuseOver(known, file);
        try
        {
            byte[] bytes = new byte[known];
            int length = 0;
            while (!(known > 0 && length == known && stream.Position == stream.Length))
            {
                if (length == bytes.Length)
                {
                    Array.Resize(ref bytes, Math.Max(2 * length, 1 << 16));
                }

                int read = stream.Read(bytes, length, bytes.Length - length);
                if (read == 0)
                {
                    break;
                }

                length += read;
                RefuseOver(length, file);
            }

            if (length < bytes.Length)
            {
                Array.Resize(ref bytes, length);
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new ModelFileException(file, $"Reading it failed: {e.Message}", innerException: e);
        }
    }

    private static void RefuseOver(long bytes, string file)
    {
        if (bytes > MaxBytesAtOnce)
        {
            throw new ModelFileException(file, FormattableString.Invariant($"It has more than the {MaxBytesAtOnce} bytes that a file of its kind may have: it is another file, or damaged. Fetch the file again from where the model came from."));
        }
    }
}

/// <summary>The system calls that tell a file from a pipe without waiting for its other end.</summary>
internal static partial class UnixFile
{
    private const int End = 2;

    // O_NONBLOCK and O_CLOEXEC; reading alone is 0.
    private static int WithoutWaiting => OperatingSystem.IsMacOS() ? 0x4 | 0x1000000 : 0x800 | 0x80000;

    /// <summary>Whether one can move about in what lies there, and it ends where it says; true as well where it cannot be opened, which the proper opening then tells.</summary>
    internal static bool IsFile(string path)
    {
        if (OperatingSystem.IsWindows() || IsPlain(path))
        {
            return true;
        }

        int descriptor = Open(path, WithoutWaiting);
        if (descriptor < 0)
        {
            return true;
        }

        try
        {
            // A device such as /dev/zero can be moved about in, has no end, and gives bytes all the same.
            long length = Seek(descriptor, 0, End);
            return length > 0 || (length == 0 && ReadByte(descriptor, out _, 1) <= 0);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Whether it is a file with something in it, which pipes and devices are not: that spares the system calls, which are looked up in several places when they are first used.</summary>
    private static bool IsPlain(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && (file.Attributes & FileAttributes.ReparsePoint) == 0 && file.Length > 0;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadByte(int descriptor, out byte value, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
