using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The pieces whose scores have the highest sum.</summary>
internal sealed class UnigramModel : TokenModel
{
    /// <summary>How much worse than the worst piece an unknown character is.</summary>
    private const double UnknownPenalty = 10;

    private readonly (string Text, double Score)[] _pieces;
    private readonly Vocabulary _vocabulary;
    private readonly PieceTrie _trie = new();
    private readonly double _unknownScore;
    private readonly int? _unknownId;
    private readonly int[]? _byteIds;

    /// <param name="pieces">The pieces in the order of their ids.</param>
    /// <param name="unknownId">The id of what no piece covers, or null.</param>
    /// <param name="byteFallback">Whether unknown text is told in bytes where all of them have pieces.</param>
    internal UnigramModel(IReadOnlyList<(string Text, double Score)> pieces, int? unknownId, bool byteFallback)
    {
        _pieces = [.. pieces];
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        double least = double.PositiveInfinity;
        for (int id = 0; id < _pieces.Length; id++)
        {
            ids[_pieces[id].Text] = id;
            least = Math.Min(least, _pieces[id].Score);
        }

        foreach ((string text, int id) in ids)
        {
            _trie.Add(text, id);
        }

        _vocabulary = new Vocabulary(ids);
        _unknownScore = least - UnknownPenalty;
        _unknownId = unknownId;
        _byteIds = byteFallback ? [.. Enumerable.Range(0, 256).Select(b => _vocabulary.IdOf($"<0x{b:X2}>") ?? -1)] : null;
    }

    /// <inheritdoc/>
    internal override int Count => _vocabulary.Count;

    /// <inheritdoc/>
    internal override int IdLimit => _pieces.Length;

    /// <inheritdoc/>
    internal override int? IdOf(string piece) => _vocabulary.IdOf(piece);

    /// <inheritdoc/>
    internal override string? PieceOf(int id) => (uint)id < (uint)_pieces.Length ? _pieces[id].Text : null;

    /// <inheritdoc/>
    private protected override PieceTokens Compute(ReadOnlySpan<char> piece)
    {
        var tokens = new PieceTokensBuilder();
        foreach ((int start, int end) in BestPath(piece))
        {
            AddPiece(piece[start..end], start, tokens);
        }

        return tokens.ToTokens();
    }

    private List<(int Start, int End)> BestPath(ReadOnlySpan<char> text)
    {
        var scores = new double[text.Length + 1];
        var starts = new int[text.Length + 1];
        var ids = new int[text.Length + 1];
        Array.Fill(starts, -1);
        for (int start = 0; start < text.Length;)
        {
            int character = CodePoints.LengthAt(text, start);
            bool single = false;
            PieceTrie.Walk walk = _trie.Begin();
            for (int end = start; end < text.Length && walk.Step(text[end]);)
            {
                end++;
                if (walk.Id < 0)
                {
                    continue;
                }

                Offer(end, _pieces[walk.Id].Score + scores[start], walk.Id);
                single |= end - start == character;
            }

            if (!single)
            {
                Offer(start + character, _unknownScore + scores[start], _unknownId ?? throw Missing());
            }

            start += character;

            void Offer(int end, double score, int id)
            {
                if (starts[end] < 0 || score > scores[end])
                {
                    (scores[end], starts[end], ids[end]) = (score, start, id);
                }
            }
        }

        var path = new List<(int Start, int End)>();
        bool fusing = false;
        for (int end = text.Length; end > 0; end = starts[end])
        {
            bool unknown = ids[end] == _unknownId;
            if (unknown && fusing)
            {
                path[^1] = (starts[end], path[^1].End);
            }
            else
            {
                path.Add((starts[end], end));
            }

            fusing = unknown;
        }

        path.Reverse();
        return path;
    }

    private void AddPiece(ReadOnlySpan<char> text, int start, PieceTokensBuilder tokens)
    {
        if (_vocabulary.TryGet(text, out int id))
        {
            tokens.Add(id, start, start + text.Length);
            return;
        }

        if (_byteIds is not null)
        {
            byte[] bytes = new byte[CodePoints.Utf8Length(text)];
            Encoding.UTF8.GetBytes(text, bytes);
            if (Array.TrueForAll(bytes, b => _byteIds[b] >= 0))
            {
                foreach (byte value in bytes)
                {
                    tokens.Add(_byteIds[value], start, start + text.Length);
                }

                return;
            }
        }

        tokens.Add(_unknownId ?? throw Missing(), start, start + text.Length, text.ToString());
    }

    private static TokenizationException Missing() => new("The pieces do not cover a character of the text, and the vocabulary has no token for the unknown (unk_id). Add one to the vocabulary.");
}

/// <summary>Finds all pieces that a text begins with. Not changed after it is filled.</summary>
internal sealed class PieceTrie
{
    private long[] _keys = new long[1024];
    private int[] _next = new int[1024];
    private int _edges;
    private readonly List<int> _ids = [-1];

    internal Walk Begin() => new(this);

    internal void Add(string piece, int id)
    {
        int node = 0;
        foreach (char c in piece)
        {
            int next = Find(node, c);
            if (next < 0)
            {
                next = _ids.Count;
                _ids.Add(-1);
                Insert(node, c, next);
            }

            node = next;
        }

        if (node > 0)
        {
            _ids[node] = id;
        }
    }

    private int Find(int node, char c)
    {
        long key = Key(node, c);
        int mask = _keys.Length - 1;
        for (int i = Slot(key, mask); _keys[i] != 0; i = (i + 1) & mask)
        {
            if (_keys[i] == key)
            {
                return _next[i];
            }
        }

        return -1;
    }

    private void Insert(int node, char c, int next)
    {
        if (2 * ++_edges > _keys.Length)
        {
            long[] keys = _keys;
            int[] targets = _next;
            _keys = new long[keys.Length * 2];
            _next = new int[keys.Length * 2];
            for (int i = 0; i < keys.Length; i++)
            {
                if (keys[i] != 0)
                {
                    Put(keys[i], targets[i]);
                }
            }
        }

        Put(Key(node, c), next);
    }

    private void Put(long key, int next)
    {
        int mask = _keys.Length - 1;
        int at = Slot(key, mask);
        while (_keys[at] != 0)
        {
            at = (at + 1) & mask;
        }

        _keys[at] = key;
        _next[at] = next;
    }

    private static long Key(int node, char c) => (((long)node << 16) | c) + 1;

    private static int Slot(long key, int mask) => (int)((ulong)(key * unchecked((long)0x9E3779B97F4A7C15)) >> 40) & mask;

    /// <summary>A walk down from the root.</summary>
    internal struct Walk(PieceTrie trie)
    {
        private int _node;

        /// <summary>The id of the piece so far, or -1.</summary>
        internal readonly int Id => trie._ids[_node];

        /// <summary>Goes on by a unit; false where no piece does.</summary>
        internal bool Step(char c)
        {
            int next = trie.Find(_node, c);
            if (next < 0)
            {
                return false;
            }

            _node = next;
            return true;
        }
    }
}
