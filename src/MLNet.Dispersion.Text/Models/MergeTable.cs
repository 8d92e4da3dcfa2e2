using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>What two neighbouring pieces become, and how urgently: the lowest rank first. Not changed after it is filled.</summary>
internal sealed class MergeTable
{
    private Entry[] _entries;
    private int _shift;
    private int _count;

    internal MergeTable(int capacity)
    {
        int size = 16;
        _shift = 60;
        while (size < 2 * (capacity + 1))
        {
            size *= 2;
            _shift--;
        }

        _entries = new Entry[size];
    }

    /// <summary>Takes a merge; of the same pair the last one counts.</summary>
    internal void Add(int left, int right, int rank, int merged)
    {
        if (2 * (_count + 1) > _entries.Length)
        {
            Grow();
        }

        ulong key = Key(left, right);
        ref Entry entry = ref _entries[Find(key)];
        if (entry.Key == 0)
        {
            _count++;
        }

        entry = new Entry { Key = key, Rank = rank, Merged = merged };
    }

    /// <summary>The pairs, the most urgent first.</summary>
    internal IEnumerable<(int Left, int Right)> InOrder() => _entries.Where(entry => entry.Key != 0).OrderBy(entry => entry.Rank)
        .Select(entry => ((int)(uint)((entry.Key - 1) >> 32), (int)(uint)(entry.Key - 1)));

    /// <summary>What the pairs become.</summary>
    internal IEnumerable<int> Results() => _entries.Where(entry => entry.Key != 0).Select(entry => entry.Merged);

    /// <summary>The rank of a pair, or <see cref="int.MaxValue"/>.</summary>
    internal int Rank(int left, int right)
    {
        ref Entry entry = ref _entries[Find(Key(left, right))];
        return entry.Key == 0 ? int.MaxValue : entry.Rank;
    }

    /// <summary>What a pair that is known becomes.</summary>
    internal int Merged(int left, int right) => _entries[Find(Key(left, right))].Merged;

    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(ulong key)
    {
        Entry[] entries = _entries;
        int mask = entries.Length - 1;
        int at = (int)(key * HashFactor.Value >> _shift);
        while (entries[at].Key != 0 && entries[at].Key != key)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private void Grow()
    {
        Entry[] before = _entries;
        _entries = new Entry[before.Length * 2];
        _shift--;
        foreach (Entry entry in before)
        {
            if (entry.Key != 0)
            {
                _entries[Find(entry.Key)] = entry;
            }
        }
    }

    private struct Entry
    {
        internal ulong Key;
        internal int Rank;
        internal int Merged;
    }
}

/// <summary>What the keys of hash tables are multiplied with: another number in every process, so that no file can be made to hit one place with all of its keys.</summary>
internal static class HashFactor
{
    // Hashes of texts are another in every process, too.
    internal static readonly ulong Value = ((ulong)(uint)"high half".GetHashCode(StringComparison.Ordinal) << 32 | (uint)"low half".GetHashCode(StringComparison.Ordinal)) | 0x8000_0000_0000_0001;
}
