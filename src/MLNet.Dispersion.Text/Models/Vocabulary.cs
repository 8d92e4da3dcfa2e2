namespace MLNet.Dispersion.Text;

/// <summary>Pieces with their ids, in both directions. Immutable and thread-safe.</summary>
/// <remarks>The pieces lie one behind the other in one array; strings are made of those alone that are asked for by their ids.</remarks>
internal sealed class Vocabulary
{
    private readonly char[] _text;
    private readonly int[] _ends;
    private readonly int[] _ids;
    private readonly ulong[] _slots;
    private readonly int[]? _entries;
    private readonly Lazy<Dictionary<string, int>> _dictionary;
    private string?[]? _pieces;

    /// <param name="text">The pieces, one behind the other.</param>
    /// <param name="ends">Where each ends.</param>
    /// <param name="ids">The id of each.</param>
    /// <param name="slots">Of each place of the hash table the entry plus one, and the hash above it.</param>
    /// <param name="count">How many different pieces there are.</param>
    internal Vocabulary(char[] text, int[] ends, int[] ids, ulong[] slots, int count)
    {
        _text = text;
        _ends = ends;
        _ids = ids;
        _slots = slots;
        Count = count;
        bool inOrder = true;
        for (int entry = 0; entry < ids.Length; entry++)
        {
            IdLimit = Math.Max(IdLimit, ids[entry] + 1);
            inOrder &= ids[entry] == entry;
            Longest = Math.Max(Longest, ends[entry] - StartOf(entry));
        }

        if (!inOrder)
        {
            _entries = new int[IdLimit];
            for (int entry = 0; entry < ids.Length; entry++)
            {
                _entries[ids[entry]] = entry + 1;
            }
        }

        _dictionary = new(() => Enumerable.Range(0, ids.Length).Where(IsFound).ToDictionary(entry => SpanOf(entry).ToString(), entry => ids[entry], StringComparer.Ordinal));
    }

    /// <summary>The pieces with their ids.</summary>
    internal IReadOnlyDictionary<string, int> Ids => _dictionary.Value;

    /// <summary>How many different pieces there are.</summary>
    internal int Count { get; }

    /// <summary>One more than the highest id.</summary>
    internal int IdLimit { get; }

    /// <summary>How many UTF-16 units the longest piece has.</summary>
    internal int Longest { get; }

    /// <summary>Pieces with their ids; of the same piece the last one counts.</summary>
    internal static Vocabulary Of(IEnumerable<(string Piece, int Id)> pieces)
    {
        var builder = new VocabularyBuilder();
        foreach ((string piece, int id) in pieces)
        {
            builder.Add(piece, id);
        }

        return builder.Build();
    }

    internal bool TryGet(ReadOnlySpan<char> piece, out int id)
    {
        int hash = string.GetHashCode(piece);
        int mask = _slots.Length - 1;
        for (int at = hash & mask; _slots[at] is var slot && slot != 0; at = (at + 1) & mask)
        {
            if ((int)(slot >> 32) == hash && SpanOf((int)slot - 1).SequenceEqual(piece))
            {
                id = _ids[(int)slot - 1];
                return true;
            }
        }

        id = 0;
        return false;
    }

    internal int? IdOf(string piece) => TryGet(piece, out int id) ? id : null;

    internal string? PieceOf(int id)
    {
        int entry = EntryOf(id);
        if (entry < 0)
        {
            return null;
        }

        string?[] pieces = _pieces ??= new string?[_ids.Length];
        return pieces[entry] ??= SpanOf(entry).ToString();
    }

    /// <summary>How many pieces were given, equal ones included.</summary>
    internal int Entries => _ids.Length;

    /// <summary>A piece by its number in the order in which they were given, with its id.</summary>
    internal ReadOnlySpan<char> Entry(int number, out int id)
    {
        id = _ids[number];
        return SpanOf(number);
    }

    /// <summary>Two pieces that have the same id, or null.</summary>
    internal (string First, string Second)? FindSharedId()
    {
        for (int entry = 0; _entries is not null && entry < _ids.Length; entry++)
        {
            if (_entries[_ids[entry]] != entry + 1)
            {
                return (SpanOf(entry).ToString(), PieceOf(_ids[entry])!);
            }
        }

        return null;
    }

    /// <summary>The piece of an id; empty where there is none.</summary>
    internal ReadOnlySpan<char> SpanOfId(int id) => EntryOf(id) is >= 0 and var entry ? SpanOf(entry) : default;

    private int EntryOf(int id) => (uint)id >= (uint)IdLimit ? -1 : _entries is null ? id : _entries[id] - 1;

    private int StartOf(int entry) => entry == 0 ? 0 : _ends[entry - 1];

    private ReadOnlySpan<char> SpanOf(int entry) => _text.AsSpan(StartOf(entry), _ends[entry] - StartOf(entry));

    /// <summary>Whether no later entry has the same piece.</summary>
    private bool IsFound(int entry) => TryGet(SpanOf(entry), out int id) && id == _ids[entry];
}
