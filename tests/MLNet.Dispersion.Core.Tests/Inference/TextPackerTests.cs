namespace MLNet.Dispersion.Tests.Inference;

public class TextPackerTests
{
    private const int Separator = 99;

    [Fact]
    public void Pack_Documents_GivesBlocksThatRunAcrossThem()
    {
        int[][] blocks = [.. new TextPacker(4, Separator).Pack([[1, 2, 3], [4], [5, 6, 7, 8, 9], [10, 11]])];

        Assert.Equal([[1, 2, 3, Separator], [4, Separator, 5, 6], [7, 8, 9, Separator]], blocks);
    }

    [Fact]
    public void Pack_NoSeparator_RunsDocumentsTogether()
    {
        int[][] blocks = [.. new TextPacker(4, separatorId: null, keepRemainder: true).Pack([[1, 2, 3], [], [4], [5, 6, 7]])];

        Assert.Equal([[1, 2, 3, 4], [5, 6, 7]], blocks);
        Assert.Null(new TextPacker(4, separatorId: null).SeparatorId);

        // The published packing: each part of the lines drops its own rest.
        Assert.Equal([[1, 2], [4, 5]], new[] { [1], [2, 3], [4], new[] { 5, 6 } }.Chunk(2).SelectMany(new TextPacker(2, separatorId: null).Pack));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    public void Pack_RemainderKept_IsOneShorterBlock(int rest, int expectedLength)
    {
        int[][] blocks = [.. new TextPacker(4, Separator, keepRemainder: true).Pack([new int[3 + rest]])];

        Assert.Equal([4, expectedLength], [blocks[0].Length, blocks[1].Length]);
        Assert.Equal(Separator, blocks[1][^1]);
    }

    [Fact]
    public void Pack_RemainderOfOneToken_IsDroppedEvenIfKept() =>
        Assert.Single(new TextPacker(4, Separator, keepRemainder: true).Pack([[1, 2, 3, 4]]));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(42)]
    public void Pack_RandomDocuments_KeepsEveryTokenInOrder(int seed)
    {
        var random = new Random(seed);
        int[][] documents = [.. Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(90)).ToArray())];
        int length = random.Next(2, 17);
        int[] stream = [.. documents.Where(d => d.Length > 0).SelectMany(d => d.Append(Separator))];

        int[][] dropped = [.. new TextPacker(length, Separator).Pack(documents)];
        int[][] kept = [.. new TextPacker(length, Separator, keepRemainder: true).Pack(documents)];

        Assert.All(dropped, block => Assert.Equal(length, block.Length));
        Assert.Equal(stream.Length / length, dropped.Length);
        Assert.Equal(stream.Take(dropped.Length * length), dropped.SelectMany(b => b));
        int rest = stream.Length % length;
        Assert.Equal(stream.Take(stream.Length - (rest == 1 ? 1 : 0)), kept.SelectMany(b => b));
    }

    [Fact]
    public void Pack_EndlessDocuments_AreReadOnlyAsAskedFor()
    {
        static IEnumerable<int[]> Endless()
        {
            while (true)
            {
                yield return [1, 2, 3];
            }
        }

        Assert.Equal(5, new TextPacker(8, Separator).Pack(Endless()).Take(5).Count());
    }

    [Fact]
    public void Pack_NoTokens_GivesNoBlock() => Assert.Empty(new TextPacker(2, Separator, keepRemainder: true).Pack([[], []]));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(-4, 0)]
    [InlineData(4, -1)]
    public void New_ImpossibleNumbers_Throws(int blockLength, int separator) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextPacker(blockLength, separator));

    [Fact]
    public void Pack_NullDocument_Throws() =>
        Assert.Throws<ArgumentException>(() => new TextPacker(4, Separator).Pack([[1], null!]).ToList());
}
