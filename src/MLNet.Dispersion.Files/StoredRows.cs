using System.Buffers.Binary;
using System.Collections;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MLNet.Dispersion.Files;

/// <summary>Rows of lists of whole numbers, such as tokens with their targets, that may be larger than memory: beyond a size they lie in a file that is mapped, and 8 bytes a row in memory.</summary>
/// <remarks>
/// Rows are added, then read; reading is thread-safe. A file lies in the temporary folder and goes with the rows; or, with <see cref="RowStorage.KeepIn"/>, it stays there to be found by what the rows were made of
/// (<see cref="Make"/>): it appears whole or not at all, and a damaged one counts as none. What a killed process left of its file goes with the next one in the folder.
/// </remarks>
public sealed class StoredRows : IDisposable
{
    private const string KeptName = "rows";
    private const string KeptEnding = ".tokens";
    private const int Magic = 0x57524E4D;
    private const int Version = 1;
    private const int TailSize = (6 * sizeof(int)) + sizeof(long) + SHA256.HashSizeInBytes;
    private const int ObjectBytes = 32;
    private readonly RowStorage _storage;
    private readonly int _columns;
    private readonly List<int>? _firstLengths;
    private List<int[]>[]? _memory;
    private RecordFile? _file;
    private int[] _record = [];
    private long _bytes;

    /// <summary>Creates rows without any yet.</summary>
    /// <param name="columns">Lists of each row. At least 1.</param>
    /// <param name="storage">Where they are kept; null for the defaults.</param>
    public StoredRows(int columns, RowStorage? storage = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_columns, _storage) = (columns, storage ?? new RowStorage());
        _memory = [.. Enumerable.Range(0, columns).Select(_ => new List<int[]>())];
        _firstLengths = columns > 1 ? [] : null;
    }

    /// <summary>Gets the number of rows.</summary>
    public int Count => _memory?[0].Count ?? _file!.Count;

    /// <summary>Gets the number of lists of each row.</summary>
    public int Columns => _columns;

    /// <summary>Gets whether the rows lie in a file.</summary>
    public bool IsInFile => _file is not null;

    /// <summary>Gets or sets numbers of the rows as a whole, which their file keeps: how many were cut, … Default: none.</summary>
    public IReadOnlyList<int> Notes { get; set; } = [];

    /// <summary>Finds rows that were made before and kept, or makes them.</summary>
    /// <param name="storage">Where they are kept.</param>
    /// <param name="columns">Lists of each row. At least 1.</param>
    /// <param name="key">Says in hexadecimal digits what the rows are made of and how: by it they are found. Called only where there is a file to be found or to be kept.</param>
    /// <param name="fill">Adds the rows.</param>
    /// <returns>The rows, which the caller disposes.</returns>
    /// <exception cref="ModelFileException">A file cannot be written.</exception>
    public static StoredRows Make(RowStorage storage, int columns, Func<string> key, Action<StoredRows> fill)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(fill);
        string? folder = storage.KeepIn is { } kept ? Path.GetFullPath(kept) : null;
        string? known = folder is not null && Kept(folder).Length > 0 ? key() : null;
        if (known is not null && TryOpen(PathOf(folder!, known), columns, storage) is { } former)
        {
            return former;
        }

        var rows = new StoredRows(columns, storage);
        try
        {
            fill(rows);
            if (folder is not null && rows._file is { } file)
            {
                string path = PathOf(folder, known ?? key());
                file.Publish(path, rows.WriteEnd);
                foreach (string other in Kept(folder).Where(other => other != path))
                {
                    Leftovers.Delete(other);
                }
            }

            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>The numbers of a list of a column; without reading it, where they lie in a file and the column is the first.</summary>
    /// <param name="column">A column, or any list of lists.</param>
    /// <param name="row">Which of them.</param>
    public static int LengthOf(IReadOnlyList<int[]> column, int row)
    {
        ArgumentNullException.ThrowIfNull(column);
        return column is StoredColumn { Number: 0 } first ? first.Rows.FirstLength(row) : column[row].Length;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">Its lists, one a column; they are the rows' own from then on.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Add(params ReadOnlySpan<int[]> row)
    {
        if (row.Length != _columns)
        {
            throw new ArgumentException($"A row of {row.Length} lists is added to rows of {_columns}.", nameof(row));
        }

        if (_memory is null)
        {
            Append(row);
            return;
        }

        for (int column = 0; column < _columns; column++)
        {
            _memory[column].Add(row[column]);
            _bytes += ObjectBytes + ((long)row[column].Length * sizeof(int));
        }

        if (_bytes > _storage.MemoryBytes)
        {
            MoveIntoFile();
        }
    }

    /// <summary>A column of the rows, read as it is asked for. Lists of rows in memory are the rows' own; those of a file are made anew each time.</summary>
    /// <param name="column">From 0.</param>
    public IReadOnlyList<int[]> Column(int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, _columns);
        return _memory is { } memory ? memory[column] : new StoredColumn(this, column);
    }

    /// <summary>Deletes the file, unless it is to be found again.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _memory ??= [.. Enumerable.Range(0, _columns).Select(_ => new List<int[]>())];
    }

    private static string PathOf(string folder, string key) => key.Length > 0 && key.All(char.IsAsciiHexDigit)
        ? Path.Combine(folder, $"{KeptName}-{key}{KeptEnding}")
        : throw new ArgumentException($"The key '{Printable.Name(key)}' of rows must be hexadecimal digits.", nameof(key));

    private static string[] Kept(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, $"{KeptName}-*{KeptEnding}") : [];

    private static StoredRows? TryOpen(string path, int columns, RowStorage storage)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        FileStream? file = null;
        try
        {
            file = RegularFile.OpenRead(path);
            if (ReadEnd(file, columns) is { } end)
            {
                var rows = new StoredRows(columns, storage) { Notes = end.Notes, _file = RecordFile.Open(file, end.Lengths), _memory = null };
                rows._firstLengths?.AddRange(end.FirstLengths);
                file = null;
                return rows;
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ModelFileException)
        {
            // Rows that cannot be read are made again.
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>What stands behind the rows; null where it is not what was written.</summary>
    private static End? ReadEnd(FileStream file, int columns)
    {
        if (file.Length < TailSize)
        {
            return null;
        }

        Span<byte> tail = stackalloc byte[TailSize];
        file.Seek(-TailSize, SeekOrigin.End);
        file.ReadExactly(tail);
        int count = Number(tail, 3), notes = Number(tail, 4);
        long rowsEnd = BinaryPrimitives.ReadInt64LittleEndian(tail[(6 * sizeof(int))..]);
        long numbers = ((long)count * (columns > 1 ? 2 : 1)) + notes;
        if (Number(tail, 0) != Magic || Number(tail, 1) != Version || Number(tail, 2) != columns || count < 0 || notes < 0 || rowsEnd < 0
            || numbers > Array.MaxLength || rowsEnd != file.Length - TailSize - (numbers * sizeof(int)))
        {
            return null;
        }

        var index = new int[numbers];
        file.Seek(rowsEnd, SeekOrigin.Begin);
        file.ReadExactly(MemoryMarshal.AsBytes(index.AsSpan()));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(index.AsSpan()), hash);
        bool isSound = !index.AsSpan(0, index.Length - notes).ContainsAnyInRange(int.MinValue, -1) && index.Take(count).Sum(length => (long)length) == rowsEnd;
        return isSound && hash.SequenceEqual(tail[^SHA256.HashSizeInBytes..])
            ? new End(index[..count], columns > 1 ? index[count..(2 * count)] : [], index[^notes..])
            : null;
    }

    private static int Number(ReadOnlySpan<byte> tail, int place) => BinaryPrimitives.ReadInt32LittleEndian(tail[(place * sizeof(int))..]);

    private void WriteEnd(Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Write(CollectionsMarshal.AsSpan(_file!.Lengths));
        Write(CollectionsMarshal.AsSpan(_firstLengths));
        Write([.. Notes]);
        Span<byte> tail = stackalloc byte[TailSize];
        foreach ((int place, int number) in new[] { Magic, Version, _columns, Count, Notes.Count, 0 }.Index())
        {
            BinaryPrimitives.WriteInt32LittleEndian(tail[(place * sizeof(int))..], number);
        }

        BinaryPrimitives.WriteInt64LittleEndian(tail[(6 * sizeof(int))..], _file.End);
        hash.GetHashAndReset(tail[^SHA256.HashSizeInBytes..]);
        stream.Write(tail);

        void Write(ReadOnlySpan<int> numbers)
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(numbers);
            hash.AppendData(bytes);
            stream.Write(bytes);
        }
    }

    private void MoveIntoFile()
    {
        _file = RecordFile.Create(_storage.KeepIn ?? Path.GetTempPath(), _storage.KeepIn is null ? "mlnet-dispersion-rows" : KeptName);
        List<int[]>[] memory = _memory!;
        _memory = null;
        var row = new int[_columns][];
        for (int i = 0; i < memory[0].Count; i++)
        {
            for (int column = 0; column < _columns; column++)
            {
                row[column] = memory[column][i];
            }

            Append(row);
        }
    }

    // The lengths of all lists but the first, then the lists.
    private void Append(ReadOnlySpan<int[]> row)
    {
        int length = _columns - 1;
        foreach (int[] list in row)
        {
            length = checked(length + list.Length);
        }

        if (_record.Length < length)
        {
            _record = new int[length];
        }

        int at = _columns - 1;
        for (int column = 0; column < _columns; column++)
        {
            if (column > 0)
            {
                _record[column - 1] = row[column].Length;
            }

            row[column].CopyTo(_record, at);
            at += row[column].Length;
        }

        _file!.Append(MemoryMarshal.AsBytes(_record.AsSpan(0, length)));
        _firstLengths?.Add(row[0].Length);
    }

    private int FirstLength(int row) => _firstLengths is { } lengths ? lengths[row] : _file!.Lengths[row] / sizeof(int);

    private int[] Read(int row, int column)
    {
        Span<int> lengths = stackalloc int[Math.Min(_columns, 16)];
        lengths = _columns > lengths.Length ? new int[_columns] : lengths[.._columns];
        lengths[0] = FirstLength(row);
        _file!.Read(row, 0, MemoryMarshal.AsBytes(lengths[1..]));
        int start = _columns - 1;
        for (int before = 0; before < column; before++)
        {
            start += lengths[before];
        }

        // A damaged file is an error of its reader, and no allocation.
        if ((uint)lengths[column] > (uint)((_file.Lengths[row] / sizeof(int)) - start))
        {
            throw new ModelFileException(_storage.KeepIn ?? "rows", $"Row {row} of the kept tokens is damaged. Delete the file 'rows-….tokens' there: the rows are then made again.");
        }

        var list = new int[lengths[column]];
        _file.Read(row, start * sizeof(int), MemoryMarshal.AsBytes(list.AsSpan()));
        return list;
    }

    private sealed record End(int[] Lengths, int[] FirstLengths, int[] Notes);

    private sealed class StoredColumn(StoredRows rows, int number) : IReadOnlyList<int[]>
    {
        public int Count => rows.Count;

        internal int Number => number;

        internal StoredRows Rows => rows;

        public int[] this[int index] => rows.Read(index, number);

        public IEnumerator<int[]> GetEnumerator()
        {
            for (int index = 0; index < rows.Count; index++)
            {
                yield return rows.Read(index, number);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
