using System.Globalization;
using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>A set of code points. Immutable and thread-safe.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;
    private static readonly Lazy<List<(int First, int Last, UnicodeCategory Category)>> CategoryRuns = new(FindCategoryRuns);
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

    /// <summary>The set of the given ranges, in any order.</summary>
    internal static CodePointSet Of(params IEnumerable<(int First, int Last)> ranges)
    {
        var bounds = new List<int>();
        foreach ((int first, int last) in ranges.Where(r => r.First <= r.Last).OrderBy(r => r.First))
        {
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

        return new CodePointSet([.. bounds]);
    }

    /// <summary>The set of one code point.</summary>
    internal static CodePointSet Single(int codePoint) => new([codePoint, codePoint]);

    /// <summary>The code points of some general categories.</summary>
    internal static CodePointSet OfCategories(params UnicodeCategory[] categories)
    {
        int mask = categories.Aggregate(0, (sum, category) => sum | (1 << (int)category));
        return Of(CategoryRuns.Value.Where(run => (mask >> (int)run.Category & 1) != 0).Select(run => (run.First, run.Last)));
    }

    /// <summary>Whether a code point is in it.</summary>
    internal bool Contains(int codePoint) => codePoint < 0x10000 ? ContainsBasic((char)codePoint) : ContainsAstral(codePoint);

    /// <summary>Whether a character of the basic plane is in it.</summary>
    internal bool ContainsBasic(char c) => ((_basic ??= MakeBasic(_bounds))[c >> 6] >> (c & 63) & 1) != 0;

    /// <summary>What is in one or the other.</summary>
    internal CodePointSet Union(CodePointSet other) => IsEmpty ? other : other.IsEmpty ? this : Of(Ranges().Concat(other.Ranges()));

    /// <summary>What is not in it.</summary>
    internal CodePointSet Complement()
    {
        var ranges = new List<(int, int)>();
        int next = 0;
        foreach ((int first, int last) in Ranges())
        {
            ranges.Add((next, first - 1));
            next = last + 1;
        }

        ranges.Add((next, Last));
        return Of(ranges);
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

    /// <summary>The ranges, in order.</summary>
    internal IEnumerable<(int First, int Last)> Ranges()
    {
        for (int i = 0; i < _bounds.Length; i += 2)
        {
            yield return (_bounds[i], _bounds[i + 1]);
        }
    }

    private bool ContainsAstral(int codePoint)
    {
        int at = Array.BinarySearch(_bounds, codePoint);
        return at >= 0 || (~at & 1) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static List<(int First, int Last, UnicodeCategory Category)> FindCategoryRuns()
    {
        var runs = new List<(int, int, UnicodeCategory)>(4096);
        int first = 0;
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(0);
        for (int c = 1; c <= Last + 1; c++)
        {
            UnicodeCategory next = c <= Last ? CharUnicodeInfo.GetUnicodeCategory(c) : default;
            if (next != category || c > Last)
            {
                runs.Add((first, c - 1, category));
                (first, category) = (c, next);
            }
        }

        return runs;
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
}
