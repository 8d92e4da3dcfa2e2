namespace MLNet.Dispersion.Text;

/// <summary>Remembers the tokens of pieces that were seen, up to a length and a number. Thread-safe: finding takes no lock.</summary>
internal sealed class PieceMemory
{
    /// <summary>The units of the longest pieces that are remembered.</summary>
    internal const int Longest = 64;

    private const int MostRemembered = 50_000;
    private readonly Lock _adding = new();
    private volatile Entry?[] _places = new Entry?[256];
    private int _count;

    /// <summary>The tokens of a piece, or null.</summary>
    internal PieceTokens? Find(ReadOnlySpan<char> piece)
    {
        if (piece.Length > Longest)
        {
            return null;
        }

        int hash = string.GetHashCode(piece);
        Entry?[] places = _places;
        for (Entry? entry = places[hash & (places.Length - 1)]; entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && piece.SequenceEqual(entry.Piece))
            {
                return entry.Tokens;
            }
        }

        return null;
    }

    /// <summary>Takes the tokens of a piece, unless it is too long, there are too many or it is there.</summary>
    internal void Add(ReadOnlySpan<char> piece, PieceTokens tokens)
    {
        if (piece.Length > Longest || Volatile.Read(ref _count) >= MostRemembered)
        {
            return;
        }

        lock (_adding)
        {
            if (_count >= MostRemembered || Find(piece) is not null)
            {
                return;
            }

            if (_count == _places.Length)
            {
                Grow();
            }

            Put(_places, string.GetHashCode(piece), piece.ToString(), tokens);
            _count++;
        }
    }

    private void Grow()
    {
        var places = new Entry?[4 * _places.Length];
        foreach (Entry? first in _places)
        {
            for (Entry? entry = first; entry is not null; entry = entry.Next)
            {
                Put(places, entry.Hash, entry.Piece, entry.Tokens);
            }
        }

        _places = places;
    }

    // An entry is whole before others see it, and never changes.
    private static void Put(Entry?[] places, int hash, string piece, PieceTokens tokens)
    {
        ref Entry? place = ref places[hash & (places.Length - 1)];
        Volatile.Write(ref place, new Entry(hash, piece, tokens, place));
    }

    private sealed class Entry(int hash, string piece, PieceTokens tokens, Entry? next)
    {
        internal int Hash { get; } = hash;

        internal string Piece { get; } = piece;

        internal PieceTokens Tokens { get; } = tokens;

        internal Entry? Next { get; } = next;
    }
}
