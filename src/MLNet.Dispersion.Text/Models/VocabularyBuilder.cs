namespace MLNet.Dispersion.Text;

/// <summary>Collects the pieces of a vocabulary. For one thread.</summary>
internal sealed class VocabularyBuilder
{
    /// <summary>So many bytes of a file hold at least one piece with its id, as files go: room is made for as many at first.</summary>
    private const int BytesOfPiece = 32;

    private char[] _text;
    private int[] _ends;
    private int[] _ids;
    private ulong[] _slots;
    private int _length;
    private int _entries;
    private int _count;

    /// <param name="bytes">The bytes of the list that is read; 0: not known.</param>
    internal VocabularyBuilder(int bytes = 0)
    {
        int pieces = Math.Max(bytes / BytesOfPiece, 1024);
        _text = new char[8 * pieces];
        _ends = new int[pieces];
        _ids = new int[pieces];
        _slots = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * pieces))];
    }

    /// <summary>Takes a piece.</summary>
    /// <returns>False where it was there before: then the new id counts.</returns>
    internal bool Add(ReadOnlySpan<char> piece, int id)
    {
        Reserve(piece.Length);
        piece.CopyTo(_text.AsSpan(_length));
        _length += piece.Length;
        _ends[_entries] = _length;
        _ids[_entries++] = id;
        int hash = string.GetHashCode(piece);
        int mask = _slots.Length - 1;
        int at = hash & mask;
        for (; _slots[at] is var slot && slot != 0; at = (at + 1) & mask)
        {
            int entry = (int)slot - 1;
            int start = entry == 0 ? 0 : _ends[entry - 1];
            if ((int)(slot >> 32) == hash && _text.AsSpan(start, _ends[entry] - start).SequenceEqual(piece))
            {
                _slots[at] = Slot(hash, _entries);
                return false;
            }
        }

        _slots[at] = Slot(hash, _entries);
        _count++;
        return true;
    }

    /// <summary>The vocabulary.</summary>
    internal Vocabulary Build() => new(_text.AsSpan(0, _length).ToArray(), _ends.AsSpan(0, _entries).ToArray(), _ids.AsSpan(0, _entries).ToArray(), _slots, _count);

    private static ulong Slot(int hash, int entry) => ((ulong)(uint)hash << 32) | (uint)entry;

    private void Reserve(int units)
    {
        if (_length + units > _text.Length)
        {
            char[] more = new char[Math.Max(_length + units, 2 * _text.Length)];
            Array.Copy(_text, more, _length);
            _text = more;
        }

        if (_entries == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * _entries);
            Array.Resize(ref _ids, 2 * _entries);
        }

        if (2 * (_count + 1) > _slots.Length)
        {
            Grow();
        }
    }

    private void Grow()
    {
        ulong[] slots = new ulong[_slots.Length * 2];
        int mask = slots.Length - 1;
        foreach (ulong slot in _slots)
        {
            if (slot != 0)
            {
                int at = (int)(slot >> 32) & mask;
                while (slots[at] != 0)
                {
                    at = (at + 1) & mask;
                }

                slots[at] = slot;
            }
        }

        _slots = slots;
    }
}
