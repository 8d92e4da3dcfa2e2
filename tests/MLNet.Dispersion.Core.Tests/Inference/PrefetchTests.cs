namespace MLNet.Dispersion.Tests.Inference;

public sealed class PrefetchTests
{
    [Fact]
    public void Ahead_AllItems_ComeInOrder() => Assert.Equal(Enumerable.Range(0, 100), Prefetch.Ahead(Enumerable.Range(0, 100), 3));

    [Fact]
    public void Ahead_SourceFails_GivesItsItemsAndThenItsException()
    {
        var seen = new List<int>();

        var failure = Assert.Throws<InvalidOperationException>(() => seen.AddRange(Prefetch.Ahead(Failing(), 2)));

        Assert.Equal("third", failure.Message);
        Assert.Equal([1, 2], Collected());

        static IEnumerable<int> Failing()
        {
            yield return 1;
            yield return 2;
            throw new InvalidOperationException("third");
        }

        static List<int> Collected()
        {
            var items = new List<int>();
            try
            {
                foreach (int item in Prefetch.Ahead(Failing(), 2))
                {
                    items.Add(item);
                }
            }
            catch (InvalidOperationException)
            {
            }

            return items;
        }
    }

    [Fact]
    public void Ahead_ConsumerLeaves_StopsTheSource()
    {
        int produced = 0;

        int first = Prefetch.Ahead(Endless(), 2).First();

        int atTheEnd = Volatile.Read(ref produced);
        Thread.Sleep(30);
        Assert.Equal(1, first);
        Assert.Equal(atTheEnd, Volatile.Read(ref produced));

        IEnumerable<int> Endless()
        {
            while (true)
            {
                yield return Interlocked.Increment(ref produced);
            }
        }
    }
}
