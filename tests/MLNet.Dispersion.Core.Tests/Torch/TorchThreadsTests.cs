using System.Collections.Concurrent;

namespace MLNet.Dispersion.Tests.Torch;

/// <summary>Loops on torch's threads.</summary>
public class TorchThreadsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void For_AnyCount_CallsEachIndexOnce(int count)
    {
        var seen = new ConcurrentBag<int>();

        TorchThreads.For(count, seen.Add);

        Assert.Equal(Enumerable.Range(0, count), seen.Order());
    }

    [Fact]
    public void For_BodyThatFails_PassesTheExceptionOn()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => TorchThreads.For(100, index => throw new InvalidOperationException("of the body")));

        Assert.Equal("of the body", failure.Message);
    }

    [Fact]
    public void For_UnderConstantCollections_StillCallsEachOnce()
    {
        for (int round = 0; round < 20; round++)
        {
            int sum = 0;
            TorchThreads.For(64, index =>
            {
                GC.Collect(0);
                Interlocked.Add(ref sum, index);
            });
            Assert.Equal(64 * 63 / 2, sum);
        }
    }
}
