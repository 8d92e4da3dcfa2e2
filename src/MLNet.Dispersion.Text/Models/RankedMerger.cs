namespace MLNet.Dispersion.Text;

/// <summary>Merges neighbouring pieces, the pair of the lowest rank first and the leftmost of equal rank, until no pair is left. Takes time n log n.</summary>
/// <remarks>
/// Microsoft.ML.Tokenizers has this, too, for sentence-piece files; but of equal pairs it merges the rightmost (so that <c>lll</c> becomes
/// <c>l ll</c> and not <c>ll l</c>), which gives other ids than sentence-piece and Hugging Face on every run of spaces. Immutable and thread-safe.
/// </remarks>
internal sealed class RankedMerger
{
    private readonly IReadOnlyDictionary<(int Left, int Right), (int Rank, int Merged)> _merges;
    private readonly HashSet<int> _unused;

    /// <param name="merges">What each pair becomes, and how urgently.</param>
    /// <param name="unused">Pieces that are merged further but taken apart again where they remain.</param>
    internal RankedMerger(IReadOnlyDictionary<(int Left, int Right), (int Rank, int Merged)> merges, IEnumerable<int> unused)
    {
        _merges = merges;
        _unused = [.. unused];
    }

    /// <summary>The pieces that are left of the ones given; negative numbers are never merged.</summary>
    internal List<int> Merge(ReadOnlySpan<int> pieces)
    {
        var chain = new Chain(this, pieces);
        chain.Run();
        return chain.Remaining();
    }

    private sealed class Chain
    {
        private readonly RankedMerger _rules;
        private readonly int[] _ids;
        private readonly int[] _next;
        private readonly int[] _previous;
        private readonly PriorityQueue<(int At, int Left, int Right), long> _queue = new();
        private readonly Dictionary<int, (int Left, int Right)> _parts = [];

        internal Chain(RankedMerger rules, ReadOnlySpan<int> pieces)
        {
            _rules = rules;
            _ids = pieces.ToArray();
            _next = [.. Enumerable.Range(1, _ids.Length)];
            _previous = [.. Enumerable.Range(-1, _ids.Length)];
        }

        internal void Run()
        {
            for (int i = 0; i < _ids.Length; i++)
            {
                Enqueue(i);
            }

            while (_queue.TryDequeue(out (int At, int Left, int Right) pair, out _))
            {
                int right = _next[pair.At];
                if (_ids[pair.At] == pair.Left && right < _ids.Length && _ids[right] == pair.Right)
                {
                    Join(pair.At, right);
                }
            }
        }

        internal List<int> Remaining()
        {
            var result = new List<int>(_ids.Length);
            for (int i = 0; i < _ids.Length; i = _next[i])
            {
                Append(_ids[i], result);
            }

            return result;
        }

        private void Enqueue(int at)
        {
            if (at >= 0 && _next[at] is var right && right < _ids.Length && _rules._merges.TryGetValue((_ids[at], _ids[right]), out (int Rank, int Merged) merge))
            {
                _queue.Enqueue((at, _ids[at], _ids[right]), ((long)merge.Rank << 32) | (uint)at);
            }
        }

        private void Join(int left, int right)
        {
            int merged = _rules._merges[(_ids[left], _ids[right])].Merged;
            if (_rules._unused.Contains(merged))
            {
                _parts.TryAdd(merged, (_ids[left], _ids[right]));
            }

            _ids[left] = merged;
            _ids[right] = int.MinValue;
            _next[left] = _next[right];
            if (_next[left] < _ids.Length)
            {
                _previous[_next[left]] = left;
            }

            Enqueue(_previous[left]);
            Enqueue(left);
        }

        private void Append(int id, List<int> result)
        {
            if (_parts.TryGetValue(id, out (int Left, int Right) parts))
            {
                Append(parts.Left, result);
                Append(parts.Right, result);
            }
            else
            {
                result.Add(id);
            }
        }
    }
}
