using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class BulkScoringTests : IDisposable
{
    private const int RowCount = 211;
    private readonly MLContext _ml = new(seed: 1);
    private readonly FakeScorer _scorer = new();

    public void Dispose() => _scorer.Dispose();

    [Fact]
    public void Transform_AllColumnsRead_EqualsRowByRowInOrder()
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        var read = new CursorReader(cursor);
        var ids = new HashSet<DataViewRowId>();
        for (int i = 0; i < RowCount; i++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(i, cursor.Position);
            ScoredText row = read.Row();
            Assert.Equal(i, row.Id);
            Assert.Equal([i, -i], read.Pair());
            Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), row.Score);
            Assert.Equal(FakeScorer.BestKey(row.Text, 3), row.PredictedLabel);
            ids.Add(read.Id());
        }

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.Equal(RowCount, ids.Count);
    }

    [Fact]
    public void Transform_AllRowsRead_ScoresEachRowOnceInGrowingBlocks()
    {
        IDataView scored = Scored(900);
        Assert.Equal(900, _ml.Data.CreateEnumerable<ScoredText>(scored, reuseRowObject: false).Count());
        Assert.Equal([32, 64, 128, 256, 256, 164], _scorer.Blocks);
    }

    [Fact]
    public void GetRowCursor_NoAddedColumnAsked_ScoresNothing()
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Id"]]);
        ValueGetter<float> id = cursor.GetGetter<float>(scored.Schema["Id"]);
        float value = 0;
        int rows = 0;
        while (cursor.MoveNext())
        {
            id(ref value);
            Assert.Equal(rows++, value);
        }

        Assert.Equal(RowCount, rows);
        Assert.Empty(_scorer.Blocks);
        Assert.False(cursor.IsColumnActive(scored.Schema["Score"]));
        Assert.True(cursor.IsColumnActive(scored.Schema["Id"]));
    }

    [Fact]
    public void GetRowCursor_AddedColumnAskedButNotRead_ScoresNothing()
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        while (cursor.MoveNext())
        {
        }

        Assert.Empty(_scorer.Blocks);
    }

    [Theory]
    [InlineData("Score")]
    [InlineData("Id")]
    public void GetGetter_InactiveColumn_SaysSo(string asked)
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema[asked]]);
        var error = Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(scored.Schema["Pair"]));
        Assert.Contains("'Pair'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Score")]
    [InlineData("PredictedLabel")]
    [InlineData("Id")]
    public void GetGetter_WrongType_NamesColumnAndTypes(string column)
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        var error = Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<DateTime>(scored.Schema[column]));
        Assert.Contains($"'{column}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("DateTime", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetGetter_BeforeFirstRow_ReadingThrows()
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<uint> getter = cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]);
        uint value = 0;
        Assert.Throws<InvalidOperationException>(() => getter(ref value));
        Assert.Equal(-1, cursor.Position);
    }

    [Fact]
    public void GetRowCursorSet_ScoreAsked_GivesOneCursor()
    {
        IDataView scored = Scored();
        DataViewRowCursor[] cursors = scored.GetRowCursorSet(scored.Schema, 4);
        Assert.Single(cursors);
        cursors[0].Dispose();
    }

    [Fact]
    public void GetRowCursor_SeveralAtOnce_EachReadsItsOwnRows()
    {
        IDataView scored = Scored();
        using DataViewRowCursor first = scored.GetRowCursor(scored.Schema);
        using DataViewRowCursor second = scored.GetRowCursor(scored.Schema);
        var readFirst = new CursorReader(first);
        var readSecond = new CursorReader(second);
        for (int i = 0; i < 40; i++)
        {
            Assert.True(first.MoveNext());
        }

        Assert.True(second.MoveNext());
        Assert.Equal(39, readFirst.Row().Id);
        Assert.Equal(0, readSecond.Row().Id);
        Assert.Equal(FakeScorer.ScoresOf(readFirst.Row().Text, 3), readFirst.Row().Score);
        Assert.Equal(FakeScorer.ScoresOf(readSecond.Row().Text, 3), readSecond.Row().Score);
    }

    [Fact]
    public void GetRowCursor_ManyThreadsAtOnce_AllRowsRight()
    {
        IDataView scored = Scored();
        Parallel.For(0, 8, _ => AssertRowsRight(scored, RowCount));
    }

    [Fact]
    public void Cache_OverScored_KeepsEveryRow() => AssertRowsRight(_ml.Data.Cache(Scored()), RowCount);

    [Fact]
    public void ShuffleRows_OverScored_KeepsRowsTogether() => AssertRowsRight(_ml.Data.ShuffleRows(Scored(), seed: 5), RowCount);

    [Fact]
    public void FilterRowsByColumn_OverScored_KeepsRowsTogether() => AssertRowsRight(_ml.Data.FilterRowsByColumn(Scored(), "Id", 10, 110), 100);

    [Fact]
    public void TakeRows_OverScored_ScoresNoMoreThanTheFirstBlock()
    {
        AssertRowsRight(_ml.Data.TakeRows(Scored(), 7), 7);
        Assert.Equal([LookAheadCursor.FirstBlock], _scorer.Blocks);
    }

    [Fact]
    public void Transform_ShuffledInput_PassesRandomOn()
    {
        IDataView scored = Rows.Transformer(_ml, _scorer).Transform(_ml.Data.Cache(Rows.View(_ml, RowCount)));
        Assert.True(scored.CanShuffle);
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema, new Random(7));
        var read = new CursorReader(cursor);
        var ids = new List<float>();
        while (cursor.MoveNext())
        {
            ScoredText row = read.Row();
            Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), row.Score);
            ids.Add(row.Id);
        }

        Assert.NotEqual(ids.Order(), ids);
        Assert.Equal(Enumerable.Range(0, RowCount).Select(i => (float)i), ids.Order());
    }

    [Fact]
    public void Transform_VectorEditedByReader_LeavesTheBufferAlone()
    {
        IDataView scored = Scored(3);
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        var read = new CursorReader(cursor);
        cursor.MoveNext();
        cursor.MoveNext();
        float[] pair = read.Pair();
        pair[0] = 99;
        Assert.Equal([1, -1], read.Pair());
    }

    [Fact]
    public void Transform_ColumnOfObjects_IsReadRowByRow()
    {
        // Such as an image, which whoever reads it disposes: it cannot be kept for a block of rows.
        IEnumerable<ThingRow> rows = Enumerable.Range(1, 5).Select(i => new ThingRow { Text = $"t{i}", Thing = new Thing(i) });
        IDataView scored = Rows.Transformer(_ml, _scorer).Transform(_ml.Data.LoadFromEnumerable(rows));
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        ValueGetter<Thing> thing = cursor.GetGetter<Thing>(scored.Schema["Thing"]);
        ValueGetter<uint> label = cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]);
        ValueGetter<VBuffer<float>> score = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        for (int i = 1; i <= 5; i++)
        {
            Assert.True(cursor.MoveNext());
            Thing value = null!;
            uint key = 0;
            VBuffer<float> scores = default;
            thing(ref value);
            label(ref key);
            score(ref scores);
            Assert.Equal(i, value.Number);
            Assert.Equal(FakeScorer.BestKey($"t{i}", 3), key);
        }

        Assert.Equal([1, 1, 1, 1, 1], _scorer.Blocks);
    }

    [Fact]
    public void Transform_NullAndBlankAndBrokenTexts_AreScored()
    {
        string?[] texts = [null, "", "  \t", "\ud800 half a surrogate pair", "👍🏽 emoji"];
        IDataView data = _ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
        List<ScoredText> rows = [.. _ml.Data.CreateEnumerable<ScoredText>(Rows.Transformer(_ml, _scorer).Transform(data), reuseRowObject: false)];
        Assert.Equal(texts.Length, rows.Count);
        Assert.All(rows.Zip(texts), pair => Assert.Equal(FakeScorer.ScoresOf(pair.Second ?? "", 3), pair.First.Score));
    }

    [Fact]
    public void Transform_NoRows_GivesNoRows()
    {
        Assert.Empty(_ml.Data.CreateEnumerable<ScoredText>(Scored(0), reuseRowObject: false));
        Assert.Empty(_scorer.Blocks);
    }

    [Fact]
    public void Transform_TruncatedTexts_WarnsOnceAPassWithTheirNumber()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                lock (warnings)
                {
                    warnings.Add(e.Message);
                }
            }
        };
        var scorer = new FakeScorer { MaxLength = 10 };
        IDataView scored = Rows.Transformer(_ml, scorer).Transform(Rows.View(_ml, RowCount));
        int expected = Rows.Labelled(RowCount).Count(row => row.Text!.Length > 10);

        AssertRowsRight(scored, RowCount);

        string warning = Assert.Single(warnings);
        Assert.Contains($"{expected} text(s) of column 'Text'", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void MoveNext_ContextCancelled_Throws()
    {
        IDataView scored = Scored();
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        Assert.True(cursor.MoveNext());
        ContextCancellation.Cancel(_ml);
        Assert.Throws<OperationCanceledException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        });
    }

    private IDataView Scored(int rows = RowCount) => Rows.Transformer(_ml, _scorer).Transform(Rows.View(_ml, rows));

    private void AssertRowsRight(IDataView scored, int expected)
    {
        List<TextRow> source = Rows.Labelled(RowCount);
        List<ScoredText> rows = [.. _ml.Data.CreateEnumerable<ScoredText>(scored, reuseRowObject: false)];
        Assert.Equal(expected, rows.Select(row => row.Id).Distinct().Count());
        Assert.Equal(expected, rows.Count);
        Assert.All(rows, row =>
        {
            Assert.Equal(source[(int)row.Id].Text, row.Text);
            Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), row.Score);
            Assert.Equal(FakeScorer.BestKey(row.Text, 3), row.PredictedLabel);
        });
    }

    private sealed class ThingRow
    {
        public string Text { get; set; } = "";

        [ThingType]
        public Thing? Thing { get; set; }
    }

    private sealed record Thing(int Number);

    private sealed class ThingDataViewType() : StructuredDataViewType(typeof(Thing))
    {
        public override bool Equals(DataViewType? other) => other is ThingDataViewType;

        public override int GetHashCode() => 1;
    }

    private sealed class ThingTypeAttribute : DataViewTypeAttribute
    {
        public override bool Equals(DataViewTypeAttribute? other) => other is ThingTypeAttribute;

        public override int GetHashCode() => 1;

        public override void Register() => DataViewTypeManager.Register(new ThingDataViewType(), typeof(Thing), this);
    }
}
