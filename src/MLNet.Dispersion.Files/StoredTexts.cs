using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>A list of texts that may be larger than memory: beyond a size it lies in a temporary file, which goes with it.</summary>
/// <remarks>Texts come back as they were, lone surrogates included. Reading is thread-safe, adding is not, and not beside reading. A file left by a killed process goes with the next list that needs one.</remarks>
public sealed class StoredTexts : IReadOnlyList<string>, IDisposable
{
    private const byte OneByteEach = 1;
    private const byte TwoBytesEach = 2;
    private const int ObjectBytes = 32;
    private readonly RowStorage _storage;
    private List<string>? _memory = [];
    private RecordFile? _file;
    private byte[] _record = [];
    private long _bytes;

    /// <summary>Creates an empty list.</summary>
    /// <param name="storage">How much of it stays in memory; null for the defaults.</param>
    public StoredTexts(RowStorage? storage = null) => _storage = storage ?? new RowStorage();

    /// <summary>Gets whether the texts lie in a file.</summary>
    public bool IsInFile => _file is not null;

    /// <inheritdoc/>
    public int Count => _memory?.Count ?? _file!.Count;

    /// <inheritdoc/>
    public string this[int index] => _memory is { } texts ? texts[index] : Read(index);

    /// <summary>Adds a text behind the others.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_memory is null)
        {
            Append(text);
            return;
        }

        _memory.Add(text);
        _bytes += ObjectBytes + ((long)text.Length * sizeof(char));
        if (_bytes > _storage.MemoryBytes)
        {
            _file = RecordFile.Create(Path.GetTempPath(), "mlnet-dispersion-texts");
            List<string> texts = _memory;
            _memory = null;
            texts.ForEach(Append);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Deletes the file where there is one.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _memory = [];
    }

    private void Append(string text)
    {
        bool isNarrow = !text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF');
        int length = checked(1 + (text.Length * (isNarrow ? 1 : sizeof(char))));
        if (_record.Length < length)
        {
            _record = new byte[length];
        }

        _record[0] = isNarrow ? OneByteEach : TwoBytesEach;
        if (isNarrow)
        {
            Encoding.Latin1.GetBytes(text, _record.AsSpan(1));
        }
        else
        {
            MemoryMarshal.AsBytes(text.AsSpan()).CopyTo(_record.AsSpan(1));
        }

        _file!.Append(_record.AsSpan(0, length));
    }

    private string Read(int index)
    {
        byte[] record = _file!.Read(index);
        return record[0] == OneByteEach
            ? Encoding.Latin1.GetString(record.AsSpan(1))
            : new string(MemoryMarshal.Cast<byte, char>(record.AsSpan(1)));
    }
}
