namespace MLNet.Dispersion.Text;

/// <summary>What two neighbouring pieces become, and how urgently: the lowest rank first. Not changed after it is filled.</summary>
internal sealed class MergeTable
{
    private ulong[] _keys;
    private int[] _ranks;
    private int[] _merged;
    private int _count;

    internal MergeTable(int capacity)
    {
        int size = 16;
        while (size < 2 * (capacity + 1))
        {
            size *= 2;
        }

        _keys = new ulong[size];
        _ranks = new int[size];
        _merged = new int[size];
    }

    /// <summary>Takes a merge; of the same pair the last one counts.</summary>
    internal void Add(int left, int right, int rank, int merged)
    {
        if (2 * (_count + 1) > _keys.Length)
        {
            Grow();
        }

        int at = Find(Key(left, right));
        if (_keys[at] == 0)
        {
            _count++;
        }

        _keys[at] = Key(left, right);
        _ranks[at] = rank;
        _merged[at] = merged;
    }

    /// <summary>The pairs, the most urgent first.</summary>
    internal IEnumerable<(int Left, int Right)> InOrder() => Enumerable.Range(0, _keys.Length).Where(i => _keys[i] != 0).OrderBy(i => _ranks[i])
        .Select(i => ((int)(uint)((_keys[i] - 1) >> 32), (int)(uint)(_keys[i] - 1)));

    /// <summary>What the pairs become.</summary>
    internal IEnumerable<int> Results() => Enumerable.Range(0, _keys.Length).Where(i => _keys[i] != 0).Select(i => _merged[i]);

    /// <summary>The rank of a pair, or <see cref="int.MaxValue"/>.</summary>
    internal int Rank(int left, int right)
    {
        int at = Find(Key(left, right));
        return _keys[at] == 0 ? int.MaxValue : _ranks[at];
    }

    /// <summary>What a pair that is known becomes.</summary>
    internal int Merged(int left, int right) => _merged[Find(Key(left, right))];

    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Find(ulong key)
    {
        int mask = _keys.Length - 1;
        int at = (int)(key * 0x9E3779B97F4A7C15UL >> 38) & mask;
        while (_keys[at] != 0 && _keys[at] != key)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private void Grow()
    {
        (ulong[] keys, int[] ranks, int[] merged) = (_keys, _ranks, _merged);
        _keys = new ulong[keys.Length * 2];
        _ranks = new int[keys.Length * 2];
        _merged = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] != 0)
            {
                int at = Find(keys[i]);
                (_keys[at], _ranks[at], _merged[at]) = (keys[i], ranks[i], merged[i]);
            }
        }
    }
}
