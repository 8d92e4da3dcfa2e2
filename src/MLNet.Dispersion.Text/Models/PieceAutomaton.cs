using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>Finds all pieces in a text in one pass, by the method of Aho and Corasick. Immutable and thread-safe once it is built.</summary>
/// <remarks>A node stands for a beginning of pieces; it knows the longest shorter end of itself that is such a beginning, and the longest one that is a piece. Node 0 is the empty beginning.</remarks>
internal sealed class PieceAutomaton
{
    private const int NodeBits = 24;
    private const ulong NodeMask = (1UL << NodeBits) - 1;
    private readonly int[] _fallback;
    private readonly int[] _shorter;
    private readonly int[] _ids;
    private readonly int[] _depths;
    private ulong[] _edges = new ulong[64];
    private int _shift = 58;
    private int _nodes = 1;

    /// <param name="count">How many pieces there are.</param>
    /// <param name="pieceOf">The piece of a number, with its id; empty ones are none. Of equal ones the last id counts.</param>
    /// <param name="backwards">Whether texts are read from their ends: then a piece is found where it begins.</param>
    /// <exception cref="NotSupportedException">The pieces have too many different beginnings.</exception>
    internal PieceAutomaton(int count, PieceOfNumber pieceOf, bool backwards = false)
    {
        var parents = new List<int> { 0 };
        var units = new List<char> { default };
        var ids = new List<int> { -1 };
        var depths = new List<int> { 0 };
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<char> piece = pieceOf(i, out int id);
            int node = 0;
            for (int at = 0; at < piece.Length; at++)
            {
                char unit = piece[backwards ? piece.Length - 1 - at : at];
                int next = Next(node, unit);
                if (next == 0)
                {
                    next = Insert(node, unit);
                    parents.Add(node);
                    units.Add(unit);
                    ids.Add(-1);
                    depths.Add(at + 1);
                }

                node = next;
            }

            if (node != 0)
            {
                ids[node] = id;
            }
        }

        _ids = [.. ids];
        _depths = [.. depths];
        _fallback = new int[_nodes];
        _shorter = new int[_nodes];
        Link(parents, units);
    }

    /// <summary>Gives a piece by its number.</summary>
    internal delegate ReadOnlySpan<char> PieceOfNumber(int number, out int id);

    /// <summary>The node after one more unit.</summary>
    internal int Step(int node, char unit)
    {
        while (true)
        {
            int next = Next(node, unit);
            if (next != 0 || node == 0)
            {
                return next;
            }

            node = _fallback[node];
        }
    }

    /// <summary>The longest piece that ends here, as a node; 0: none does.</summary>
    internal int Longest(int node) => _ids[node] >= 0 ? node : _shorter[node];

    /// <summary>The longest shorter piece that ends where that of a node does; 0: none does.</summary>
    internal int Shorter(int node) => _shorter[node];

    /// <summary>The id of the piece of a node.</summary>
    internal int IdOf(int node) => _ids[node];

    /// <summary>How many units the piece of a node has.</summary>
    internal int LengthOf(int node) => _depths[node];

    private static ulong Key(int node, char unit) => ((ulong)(uint)node << 16) | unit;

    private int Next(int node, char unit)
    {
        ulong[] edges = _edges;
        ulong key = Key(node, unit);
        int mask = edges.Length - 1;
        for (int at = (int)(key * HashFactor.Value >> _shift); edges[at] is var edge && edge != 0; at = (at + 1) & mask)
        {
            if (edge >> NodeBits == key)
            {
                return (int)(edge & NodeMask);
            }
        }

        return 0;
    }

    private int Insert(int node, char unit)
    {
        if (_nodes > (int)NodeMask)
        {
            throw new NotSupportedException($"The pieces of this tokenizer have more than {NodeMask} different beginnings. Take one of fewer or shorter pieces.");
        }

        if (2 * _nodes > _edges.Length)
        {
            ulong[] before = _edges;
            _edges = new ulong[2 * before.Length];
            _shift--;
            foreach (ulong edge in before)
            {
                if (edge != 0)
                {
                    Put(edge);
                }
            }
        }

        Put((Key(node, unit) << NodeBits) | (uint)_nodes);
        return _nodes++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(ulong edge)
    {
        int mask = _edges.Length - 1;
        int at = (int)((edge >> NodeBits) * HashFactor.Value >> _shift);
        while (_edges[at] != 0)
        {
            at = (at + 1) & mask;
        }

        _edges[at] = edge;
    }

    /// <summary>Fills in the ways back, the short beginnings first.</summary>
    private void Link(List<int> parents, List<char> units)
    {
        foreach (int node in ByDepth())
        {
            if (_depths[node] > 1)
            {
                int back = Step(_fallback[parents[node]], units[node]);
                _fallback[node] = back;
                _shorter[node] = Longest(back);
            }
        }
    }

    private int[] ByDepth()
    {
        int deepest = 0;
        foreach (int depth in _depths)
        {
            deepest = Math.Max(deepest, depth);
        }

        int[] places = new int[deepest + 2];
        foreach (int depth in _depths)
        {
            places[depth + 1]++;
        }

        for (int depth = 1; depth < places.Length; depth++)
        {
            places[depth] += places[depth - 1];
        }

        int[] nodes = new int[_nodes];
        for (int node = 0; node < nodes.Length; node++)
        {
            nodes[places[_depths[node]]++] = node;
        }

        return nodes;
    }
}
