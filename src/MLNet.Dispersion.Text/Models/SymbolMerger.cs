namespace MLNet.Dispersion.Text;

/// <summary>A symbol of a piece that is being merged.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Bytes">How many bytes of the piece it stands for.</param>
internal readonly record struct Symbol(int Id, int Bytes);

/// <summary>The symbols of a piece. For one thread.</summary>
/// <remarks>It is no list of the framework's, whose code for our own values is compiled anew in each process.</remarks>
internal sealed class SymbolList(int capacity)
{
    private Symbol[] _symbols = new Symbol[Math.Max(capacity, 4)];

    /// <summary>How many there are; fewer once they are merged.</summary>
    internal int Count { get; set; }

    /// <summary>The symbols, and room behind them.</summary>
    internal Symbol[] Symbols => _symbols;

    internal void Add(Symbol symbol)
    {
        if (Count == _symbols.Length)
        {
            var more = new Symbol[2 * Count];
            Array.Copy(_symbols, more, Count);
            _symbols = more;
        }

        _symbols[Count++] = symbol;
    }
}

/// <summary>Merges neighbouring symbols, the pair of the lowest rank first and the leftmost of equal rank, until no pair is left.</summary>
internal static class SymbolMerger
{
    /// <summary>As many symbols are still merged by looking at all of them each time.</summary>
    private const int Few = 48;

    /// <summary>Merges in place.</summary>
    internal static void Merge(SymbolList symbols, MergeTable merges)
    {
        if (symbols.Count <= Few)
        {
            MergeFew(symbols, merges);
        }
        else
        {
            MergeMany(symbols, merges);
        }
    }

    private static void MergeFew(SymbolList list, MergeTable merges)
    {
        Symbol[] symbols = list.Symbols;
        Span<int> ranks = stackalloc int[Few];
        int count = list.Count;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = merges.Rank(symbols[i].Id, symbols[i + 1].Id);
        }

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (ranks[i] < ranks[best])
                {
                    best = i;
                }
            }

            if (ranks[best] == int.MaxValue)
            {
                break;
            }

            symbols[best] = new Symbol(merges.Merged(symbols[best].Id, symbols[best + 1].Id), symbols[best].Bytes + symbols[best + 1].Bytes);
            count--;
            for (int i = best + 1; i < count; i++)
            {
                symbols[i] = symbols[i + 1];
                ranks[i] = ranks[i + 1];
            }

            if (best + 1 < count)
            {
                ranks[best] = merges.Rank(symbols[best].Id, symbols[best + 1].Id);
            }

            if (best > 0)
            {
                ranks[best - 1] = merges.Rank(symbols[best - 1].Id, symbols[best].Id);
            }
        }

        list.Count = count;
    }

    private static void MergeMany(SymbolList list, MergeTable merges)
    {
        Symbol[] symbols = list.Symbols;
        int count = list.Count;
        int[] next = new int[count];
        int[] previous = new int[count];
        var queue = new PriorityQueue<int, ulong>(count);
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Enqueue(i, symbols);
        }

        while (queue.TryDequeue(out int at, out ulong urgency))
        {
            int right = next[at];
            if (right >= count || merges.Rank(symbols[at].Id, symbols[right].Id) != (int)(urgency >> 32))
            {
                // One of the two was merged with another, or is gone.
                continue;
            }

            symbols[at] = new Symbol(merges.Merged(symbols[at].Id, symbols[right].Id), symbols[at].Bytes + symbols[right].Bytes);
            symbols[right] = new Symbol(-1, 0);
            next[at] = next[right];
            if (next[right] < count)
            {
                previous[next[right]] = at;
            }

            Enqueue(previous[at], symbols);
            Enqueue(at, symbols);
        }

        int kept = 0;
        for (int i = 0; i < count; i = next[i])
        {
            symbols[kept++] = symbols[i];
        }

        list.Count = kept;

        void Enqueue(int at, Symbol[] all)
        {
            if (at >= 0 && next[at] < count && merges.Rank(all[at].Id, all[next[at]].Id) is var rank && rank != int.MaxValue)
            {
                queue.Enqueue(at, ((ulong)(uint)rank << 32) | (uint)at);
            }
        }
    }
}
