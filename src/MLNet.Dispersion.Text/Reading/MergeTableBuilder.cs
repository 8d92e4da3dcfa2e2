using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>Fills a table of merges with pairs of pieces, the most urgent first. For one thread.</summary>
/// <param name="vocabulary">The pieces.</param>
/// <param name="prefix">What marks a piece inside a word: as many bytes go from the right part; or null.</param>
/// <param name="fail">Makes the exception of a merge that does not fit: its number, and what is wrong.</param>
internal sealed class MergeTableBuilder(Vocabulary vocabulary, string? prefix, Func<int, string, Exception> fail)
{
    private readonly MergeTable _table = new(vocabulary.Count);
    private readonly int _cut = prefix is null ? 0 : CodePoints.Utf8Length(prefix);
    private char[] _joined = new char[256];

    /// <summary>How many merges there are so far.</summary>
    internal int Count { get; private set; }

    /// <summary>Takes the next merge.</summary>
    internal void Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int rank = Count++;
        int leftId = Id(left, rank);
        int rightId = Id(right, rank);
        ReadOnlySpan<char> rest = _cut == 0 ? right : right[BytesToCut(right, rank)..];
        if (_joined.Length < left.Length + rest.Length)
        {
            _joined = new char[2 * (left.Length + rest.Length)];
        }

        left.CopyTo(_joined);
        rest.CopyTo(_joined.AsSpan(left.Length));
        _table.Add(leftId, rightId, rank, Id(_joined.AsSpan(0, left.Length + rest.Length), rank));
    }

    /// <summary>The table.</summary>
    internal MergeTable Build() => _table;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Id(ReadOnlySpan<char> piece, int rank) => vocabulary.TryGet(piece, out int id) ? id : throw fail(rank, $"it needs the piece \"{Printable.Name(piece.ToString())}\", which the vocabulary lacks");

    /// <summary>How many units of the right part have as many bytes as the prefix.</summary>
    private int BytesToCut(ReadOnlySpan<char> right, int rank)
    {
        int at = 0;
        int bytes = _cut;
        while (bytes > 0 && at < right.Length)
        {
            bytes -= CodePoints.Utf8Length(CodePoints.At(right, at));
            at += CodePoints.LengthAt(right, at);
        }

        return bytes == 0 ? at : throw fail(rank, $"the right part \"{Printable.Name(right.ToString())}\" is shorter than the prefix, or cut within a character by it");
    }
}
