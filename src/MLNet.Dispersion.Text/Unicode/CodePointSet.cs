using System.Globalization;

namespace MLNet.Dispersion.Text;

/// <summary>A set of code points. Immutable and thread-safe.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;
    private static readonly Lazy<CategoryRuns> Runs = new(FindCategoryRuns);
    private readonly int[] _bounds;
    private ulong[]? _basic;

    /// <param name="bounds">First and last of each range, in order, without overlap or touch.</param>
    private CodePointSet(int[] bounds) => _bounds = bounds;

    /// <summary>The empty set.</summary>
    internal static CodePointSet Empty { get; } = new([]);

    /// <summary>All code points.</summary>
    internal static CodePointSet All { get; } = new([0, Last]);

    /// <summary>First and last of each range, in order.</summary>
    internal ReadOnlySpan<int> Bounds => _bounds;

    /// <summary>Whether nothing is in it.</summary>
    internal bool IsEmpty => _bounds.Length == 0;

    /// <summary>The set of some ranges, in any order.</summary>
    /// <param name="bounds">First and last of each.</param>
    internal static CodePointSet Of(params ReadOnlySpan<int> bounds)
    {
        var ranges = new CodePointRanges();
        for (int i = 0; i < bounds.Length; i += 2)
        {
            ranges.Add(bounds[i], bounds[i + 1]);
        }

        return Of(ranges);
    }

    /// <summary>The set of some ranges, in any order.</summary>
    internal static CodePointSet Of(CodePointRanges ranges)
    {
        var bounds = new List<int>(2 * ranges.Count);
        foreach (long range in ranges.InOrder())
        {
            Append(bounds, (int)(range >> 32), (int)range);
        }

        return new CodePointSet([.. bounds]);
    }

    /// <summary>The set of one code point.</summary>
    internal static CodePointSet Single(int codePoint) => new([codePoint, codePoint]);

    /// <summary>The code points of some general categories.</summary>
    internal static CodePointSet OfCategories(params UnicodeCategory[] categories)
    {
        int mask = 0;
        foreach (UnicodeCategory category in categories)
        {
            mask |= 1 << (int)category;
        }

        CategoryRuns runs = Runs.Value;
        var bounds = new List<int>();
        for (int i = 0; i < runs.Categories.Length; i++)
        {
            if ((mask >> runs.Categories[i] & 1) != 0)
            {
                Append(bounds, runs.Firsts[i], runs.Firsts[i + 1] - 1);
            }
        }

        return new CodePointSet([.. bounds]);
    }

    /// <summary>Whether a code point is in it.</summary>
    internal bool Contains(int codePoint) => codePoint < 0x10000 ? ContainsBasic((char)codePoint) : ContainsAstral(codePoint);

    /// <summary>Whether a character of the basic plane is in it.</summary>
    internal bool ContainsBasic(char c) => ((_basic ??= MakeBasic(_bounds))[c >> 6] >> (c & 63) & 1) != 0;

    /// <summary>What is in one or the other.</summary>
    internal CodePointSet Union(CodePointSet other)
    {
        int[] one = _bounds;
        int[] two = other._bounds;
        if (one.Length == 0 || two.Length == 0)
        {
            return one.Length == 0 ? other : this;
        }

        var bounds = new List<int>(one.Length + two.Length);
        for (int i = 0, j = 0; i < one.Length || j < two.Length;)
        {
            if (j == two.Length || (i < one.Length && one[i] <= two[j]))
            {
                Append(bounds, one[i], one[i + 1]);
                i += 2;
            }
            else
            {
                Append(bounds, two[j], two[j + 1]);
                j += 2;
            }
        }

        return new CodePointSet([.. bounds]);
    }

    /// <summary>What is not in it.</summary>
    internal CodePointSet Complement()
    {
        var bounds = new List<int>(_bounds.Length + 2);
        int next = 0;
        for (int i = 0; i < _bounds.Length; i += 2)
        {
            Append(bounds, next, _bounds[i] - 1);
            next = _bounds[i + 1] + 1;
        }

        Append(bounds, next, Last);
        return new CodePointSet([.. bounds]);
    }

    /// <summary>What is in both.</summary>
    internal CodePointSet Intersect(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    /// <summary>Whether nothing is in both.</summary>
    internal bool IsDisjoint(CodePointSet other)
    {
        int i = 0;
        int j = 0;
        while (i < _bounds.Length && j < other._bounds.Length)
        {
            if (_bounds[i + 1] < other._bounds[j])
            {
                i += 2;
            }
            else if (other._bounds[j + 1] < _bounds[i])
            {
                j += 2;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Adds a range that begins no earlier than the one before it; an empty one is none.</summary>
    private static void Append(List<int> bounds, int first, int last)
    {
        if (first > last)
        {
            return;
        }

        if (bounds.Count > 0 && first <= bounds[^1] + 1)
        {
            bounds[^1] = Math.Max(bounds[^1], last);
        }
        else
        {
            bounds.Add(first);
            bounds.Add(last);
        }
    }

    private bool ContainsAstral(int codePoint)
    {
        int at = Array.BinarySearch(_bounds, codePoint);
        return at >= 0 || (~at & 1) != 0;
    }

    private static CategoryRuns FindCategoryRuns()
    {
        var firsts = new List<int>(4096);
        var categories = new List<byte>(4096);
        int category = -1;
        for (int c = 0; c <= Last; c++)
        {
            // Nothing is assigned on the planes 4 to 13, and what lies on the last two is for private use, but for the two ends of each.
            int plane = c >> 16;
            bool isKnown = (plane is >= 4 and <= 13 or >= 15) && (c & 0xFFFF) is > 0 and < 0xFFFD;
            if (isKnown)
            {
                c |= 0xFFFD;
            }

            int next = (int)CharUnicodeInfo.GetUnicodeCategory(c);
            if (next != category)
            {
                firsts.Add(c);
                categories.Add((byte)next);
                category = next;
            }
        }

        firsts.Add(Last + 1);
        return new CategoryRuns([.. firsts], [.. categories]);
    }

    private static ulong[] MakeBasic(int[] bounds)
    {
        var bits = new ulong[1024];
        for (int i = 0; i < bounds.Length && bounds[i] < 0x10000; i += 2)
        {
            int last = Math.Min(bounds[i + 1], 0xFFFF);
            for (int c = bounds[i]; c <= last; c++)
            {
                if ((c & 63) == 0 && c + 63 <= last)
                {
                    bits[c >> 6] = ulong.MaxValue;
                    c += 63;
                }
                else
                {
                    bits[c >> 6] |= 1UL << (c & 63);
                }
            }
        }

        return bits;
    }

    /// <summary>Neighbours of one general category: where each run begins, with the end of all behind them, and its category.</summary>
    private sealed record CategoryRuns(int[] Firsts, byte[] Categories);
}

/// <summary>Collects ranges of code points, in any order. For one thread.</summary>
internal sealed class CodePointRanges
{
    private const int Few = 32;
    private long[] _ranges = new long[8];
    private bool _inOrder = true;

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>Takes a range; an empty one is none.</summary>
    internal void Add(int first, int last)
    {
        if (first > last)
        {
            return;
        }

        if (Count == _ranges.Length)
        {
            Array.Resize(ref _ranges, 2 * Count);
        }

        long range = ((long)first << 32) | (uint)last;
        _inOrder &= Count == 0 || _ranges[Count - 1] <= range;
        _ranges[Count++] = range;
    }

    /// <summary>Takes the members of a list, each by itself.</summary>
    internal void AddEach(IEnumerable<int> members)
    {
        foreach (int member in members)
        {
            Add(member, member);
        }
    }

    /// <summary>Takes none any more.</summary>
    internal void Clear()
    {
        Count = 0;
        _inOrder = true;
    }

    /// <summary>The ranges by their beginnings, which are in the upper half of each number; the ends are in the lower.</summary>
    internal ReadOnlySpan<long> InOrder()
    {
        if (!_inOrder && Count > Few)
        {
            Array.Sort(_ranges, 0, Count);
        }
        else if (!_inOrder)
        {
            // Few are put in order here: the runtime would have to compile its sorting first.
            for (int i = 1; i < Count; i++)
            {
                long range = _ranges[i];
                int at = i;
                for (; at > 0 && _ranges[at - 1] > range; at--)
                {
                    _ranges[at] = _ranges[at - 1];
                }

                _ranges[at] = range;
            }
        }

        _inOrder = true;
        return new ReadOnlySpan<long>(_ranges, 0, Count);
    }
}
