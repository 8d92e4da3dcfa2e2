namespace MLNet.Dispersion.Tests.Files;

public sealed class StoredTextsTests
{
    private static readonly string[] Texts = ["", "a", "Grüße", "日本語", "lone \ud800 surrogate", new('x', 5000), "\0ÿ\u0100", "end"];

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(long.MaxValue)]
    public void Texts_OfAnyStorage_ComeBackAsTheyWere(long memory)
    {
        using var stored = new StoredTexts(new RowStorage { MemoryBytes = memory });
        foreach (string text in Texts)
        {
            stored.Add(text);
        }

        Assert.Equal(Texts, stored);
        Assert.Equal(memory != long.MaxValue, stored.IsInFile);

        // Reading does not keep it from growing.
        stored.Add("later");
        Assert.Equal([.. Texts, "later"], stored);
        Assert.Equal("日本語", stored[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => stored[Texts.Length + 1]);
    }

    [Fact]
    public void ManyTexts_AreReadByManyThreads()
    {
        using var stored = new StoredTexts(new RowStorage { MemoryBytes = 0 });
        for (int row = 0; row < 2000; row++)
        {
            stored.Add(FormattableString.Invariant($"row {row} {new string('y', row % 97)}"));
        }

        Parallel.For(0, 2000, row => Assert.StartsWith(FormattableString.Invariant($"row {row} "), stored[row], StringComparison.Ordinal));
    }
}
