namespace MLNet.Dispersion.Tests.Files;

public sealed class StoredRowsTests : IDisposable
{
    private const string Key = "0123abc";
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-rows-test-").FullName;

    private RowStorage Kept => new() { MemoryBytes = 0, KeepIn = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    [InlineData(long.MaxValue)]
    public void Rows_OfAnyStorage_ComeBackAsTheyWere(long memory)
    {
        using var rows = new StoredRows(3, new RowStorage { MemoryBytes = memory });
        Fill(rows, 700);

        AssertFilled(rows, 700);
        Assert.Equal(memory != long.MaxValue, rows.IsInFile);
        Fill(rows, 1);
        Assert.Equal(701, rows.Count);
        Assert.Equal([0, 0], rows.Column(1)[700]);
        Assert.Throws<ArgumentException>(() => rows.Add([1], [2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Column(3));
    }

    [Fact]
    public void Make_Kept_IsFoundAgainAndNotMade()
    {
        using (StoredRows made = StoredRows.Make(Kept, 3, () => Key, rows => Fill(rows, 600)))
        {
            AssertFilled(made, 600);
        }

        using StoredRows found = StoredRows.Make(Kept, 3, () => Key, _ => throw new InvalidOperationException("It is made a second time."));

        AssertFilled(found, 600);
        Assert.Equal([7, 9], found.Notes);
        Assert.Equal(["rows-0123abc.tokens"], Names());
    }

    [Fact]
    public void Make_OfSomethingElse_TakesTheFormersPlace()
    {
        StoredRows.Make(Kept, 3, () => Key, rows => Fill(rows, 5)).Dispose();
        using StoredRows other = StoredRows.Make(Kept, 3, () => "ff", rows => Fill(rows, 6));

        AssertFilled(other, 6);
        Assert.Equal(["rows-ff.tokens"], Names());
    }

    [Fact]
    public void Make_WhatFitsIntoMemory_AsksForNoKeyAndHasNoFile()
    {
        using StoredRows rows = StoredRows.Make(new RowStorage { KeepIn = _folder }, 3, () => throw new InvalidOperationException("There is nothing to be found."), rows => Fill(rows, 5));

        AssertFilled(rows, 5);
        Assert.Empty(Names());
    }

    [Fact]
    public void Make_ThatFails_LeavesNothing()
    {
        Assert.Throws<TimeoutException>(() => StoredRows.Make(Kept, 3, () => Key, rows =>
        {
            Fill(rows, 50);
            throw new TimeoutException();
        }));

        Assert.Empty(Names());
    }

    [Fact]
    public void Make_SweepsWhatKilledRunsLeftAndNotWhatIsAtWork()
    {
        string left = Path.Combine(_folder, "rows.partial-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(left, "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-1));
        using var working = new StoredRows(1, Kept);
        working.Add([1]);
        using StoredRows rows = StoredRows.Make(Kept, 3, () => Key, rows => Fill(rows, 5));

        Assert.False(File.Exists(left));
        Assert.Equal([1], working.Column(0)[0]);
        Assert.Equal(2, Names().Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(61)]
    [InlineData(-1)]
    [InlineData(-40)]
    [InlineData(-61)]
    [InlineData(-70)]
    public void Make_FileCutOrChangedAtItsEnds_IsMadeAgain(int place)
    {
        StoredRows.Make(Kept, 3, () => Key, rows => Fill(rows, 30)).Dispose();
        string path = Path.Combine(_folder, "rows-0123abc.tokens");
        byte[] bytes = File.ReadAllBytes(path);
        if (place >= 0)
        {
            File.WriteAllBytes(path, bytes[..place]);
        }
        else
        {
            bytes[^-place] ^= 0x81;
            File.WriteAllBytes(path, bytes);
        }

        bool isMade = false;
        using StoredRows rows = StoredRows.Make(Kept, 3, () => Key, rows =>
        {
            isMade = true;
            Fill(rows, 30);
        });

        Assert.True(isMade);
        AssertFilled(rows, 30);
    }

    [Fact]
    public void Column_OfAFileWhoseRowsWereChanged_IsRefusedAndAllocatesNothing()
    {
        StoredRows.Make(Kept, 3, () => Key, rows => Fill(rows, 3)).Dispose();
        string path = Path.Combine(_folder, "rows-0123abc.tokens");
        byte[] bytes = File.ReadAllBytes(path);

        // The length of the first row's second list.
        bytes[3] = 0x7F;
        File.WriteAllBytes(path, bytes);
        using StoredRows rows = StoredRows.Make(Kept, 3, () => Key, _ => { });

        Assert.Contains("damaged", Assert.Throws<ModelFileException>(() => rows.Column(1)[0]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Make_KeyThatIsNoNumber_IsRefused() =>
        Assert.Throws<ArgumentException>(() => StoredRows.Make(Kept, 3, () => "../x", rows => Fill(rows, 1)));

    private static void Fill(StoredRows rows, int count)
    {
        for (int row = 0; row < count; row++)
        {
            rows.Add([.. Enumerable.Range(row, row % 5)], [row, -row], [.. Enumerable.Repeat(int.MinValue + row, row % 300)]);
        }

        rows.Notes = [7, 9];
    }

    private static void AssertFilled(StoredRows rows, int count)
    {
        Assert.Equal(count, rows.Count);
        for (int row = 0; row < count; row++)
        {
            Assert.Equal(row % 5, StoredRows.LengthOf(rows.Column(0), row));
            Assert.Equal(Enumerable.Range(row, row % 5), rows.Column(0)[row]);
            Assert.Equal([row, -row], rows.Column(1)[row]);
            Assert.Equal(row % 300, StoredRows.LengthOf(rows.Column(2), row));
            Assert.Equal(Enumerable.Repeat(int.MinValue + row, row % 300), rows.Column(2)[row]);
        }
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
