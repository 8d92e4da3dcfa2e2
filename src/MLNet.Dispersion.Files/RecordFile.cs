using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Files;

/// <summary>Records of bytes in a file, one behind the other, read by mapping. Where each lies is known by its length, four bytes, and the place of each 256th.</summary>
/// <remarks>Reading is thread-safe; appending is not, and not beside reading. A file that is not published goes with this, or with the next of its name where its process was killed.</remarks>
internal sealed class RecordFile : IDisposable
{
    private const int Step = 256;
    private const int BufferSize = 1 << 20;
    private readonly Lock _mapping = new();
    private readonly List<long> _places = [];
    private readonly string _folder;
    private FileStream _file;
    private string? _partial;
    private Mapping? _mapped;
    private long _end;

    private RecordFile(string folder, FileStream file, string? partial) => (_folder, _file, _partial) = (folder, file, partial);

    internal int Count => Lengths.Count;

    /// <summary>The bytes of each record.</summary>
    internal List<int> Lengths { get; } = [];

    /// <summary>The end of the last record.</summary>
    internal long End => _end;

    /// <summary>Creates an empty one under a name for the time of writing, and deletes those of killed processes.</summary>
    /// <exception cref="ModelFileException">The folder cannot be written.</exception>
    internal static RecordFile Create(string folder, string name) => Guarded(folder, () =>
    {
        Directory.CreateDirectory(folder);
        Leftovers.Sweep(folder, name, TimeSpan.FromMinutes(1));
        string path = Leftovers.NewName(Path.Combine(folder, name));
        return new RecordFile(folder, new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize), path);
    });

    /// <summary>Opens a published one.</summary>
    /// <param name="file">The file; owned from then on.</param>
    /// <param name="lengths">The bytes of each record.</param>
    internal static RecordFile Open(FileStream file, ReadOnlySpan<int> lengths)
    {
        var records = new RecordFile(Path.GetDirectoryName(file.Name)!, file, partial: null);
        foreach (int length in lengths)
        {
            records.Note(length);
        }

        return records;
    }

    internal void Append(ReadOnlySpan<byte> record)
    {
        Unmap();
        try
        {
            _file.Write(record);
        }
        catch (IOException e)
        {
            throw Failure(_folder, e);
        }

        Note(record.Length);
    }

    internal byte[] Read(int record)
    {
        var bytes = new byte[Lengths[record]];
        Read(record, 0, bytes);
        return bytes;
    }

    /// <summary>Reads a part of a record.</summary>
    internal void Read(int record, int start, Span<byte> into)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + into.Length, Lengths[record]);
        if (into.Length > 0)
        {
            Mapped().View.SafeMemoryMappedViewHandle.ReadSpan((ulong)(PlaceOf(record) + start), into);
        }
    }

    /// <summary>Adds what stands behind the records, and gives the file its name, once it is on disk.</summary>
    /// <exception cref="ModelFileException">It cannot be written.</exception>
    internal void Publish(string path, Action<Stream> writeEnd) => Guarded(_folder, () =>
    {
        Unmap();
        writeEnd(_file);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_partial!, path, overwrite: true);
        _partial = null;
        WholeDirectory.FlushNames(_folder);
        _file = RegularFile.OpenRead(path);
        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Unmap();
        _file.Dispose();
        if (_partial is { } left)
        {
            Leftovers.Delete(left);
        }
    }

    private static T Guarded<T>(string folder, Func<T> what)
    {
        try
        {
            return what();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(folder, e);
        }
    }

    private static ModelFileException Failure(string folder, Exception e) => new(
        folder, $"Rows of data that are larger than memory is to hold go into a file here, and writing it failed: {e.Message} Make room, name another folder (CheckpointOptions.Directory, or the variable TMPDIR), or let more of them be in memory (FineTuneOptions.DataMemoryBytes).", innerException: e);

    private void Note(int length)
    {
        if (Lengths.Count % Step == 0)
        {
            _places.Add(_end);
        }

        Lengths.Add(length);
        _end += length;
    }

    private long PlaceOf(int record)
    {
        long place = _places[record / Step];
        foreach (int length in CollectionsMarshal.AsSpan(Lengths)[(record / Step * Step)..record])
        {
            place += length;
        }

        return place;
    }

    private Mapping Mapped()
    {
        if (Volatile.Read(ref _mapped) is { } mapped)
        {
            return mapped;
        }

        lock (_mapping)
        {
            if (_mapped is null)
            {
                if (_file.CanWrite)
                {
                    _file.Flush();
                }

                var file = MemoryMappedFile.CreateFromFile(_file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                Volatile.Write(ref _mapped, new Mapping(file, file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read)));
            }

            return _mapped!;
        }
    }

    private void Unmap()
    {
        if (_mapped is { } mapped)
        {
            mapped.View.Dispose();
            mapped.File.Dispose();
            _mapped = null;
        }
    }

    private sealed record Mapping(MemoryMappedFile File, MemoryMappedViewAccessor View);
}
