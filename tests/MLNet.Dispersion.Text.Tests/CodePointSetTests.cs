using System.Globalization;

namespace MLNet.Dispersion.Tests.Tokenization;

public sealed class CodePointSetTests
{
    [Fact]
    public void OfCategories_EveryCodePoint_IsInTheSetOfItsOwn()
    {
        CodePointSet[] sets = [.. Enum.GetValues<UnicodeCategory>().Select(category => CodePointSet.OfCategories(category))];
        for (int codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
        {
            int own = (int)CharUnicodeInfo.GetUnicodeCategory(codePoint);
            if (!sets[own].Contains(codePoint))
            {
                Assert.Fail($"{codePoint:x} is missing in {(UnicodeCategory)own}");
            }
        }

        Assert.Equal(0x110000, sets.Sum(Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(5000)]
    public void Of_RangesInAnyOrder_IsTheirUnion(int count)
    {
        var random = new Random(count);
        var ranges = new CodePointRanges();
        var expected = new HashSet<int>();
        for (int i = 0; i < count; i++)
        {
            int first = random.Next(30_000);
            int last = first + random.Next(-1, 6);
            ranges.Add(first, last);
            expected.UnionWith(Enumerable.Range(first, Math.Max(0, last - first + 1)));
        }

        var set = CodePointSet.Of(ranges);

        Assert.Equal(expected.Count, Count(set));
        Assert.True(expected.All(set.Contains));
    }

    private static int Count(CodePointSet set)
    {
        int count = 0;
        for (int i = 0; i < set.Bounds.Length; i += 2)
        {
            count += set.Bounds[i + 1] - set.Bounds[i] + 1;
        }

        return count;
    }
}
