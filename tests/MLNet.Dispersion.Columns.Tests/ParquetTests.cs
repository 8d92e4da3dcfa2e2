using Microsoft.ML;
using Microsoft.ML.Data;
using Parquet;
using Parquet.Serialization;

namespace MLNet.Dispersion.Tests.Columns;

public sealed class ParquetTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-columns-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "rows.parquet");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1000)]
    [InlineData(7)]
    public async Task Rows_OfAllTypesInRowGroups_ComeBackTyped(int groupSize)
    {
        await WriteAsync(Enumerable.Range(0, 50).Select(Row), groupSize);

        IDataView data = _ml.Data.LoadFromParquet(Path);

        Assert.Equal(50, data.GetRowCount());
        Assert.Equal(TextDataViewType.Instance, data.Schema["Text"].Type);
        Assert.Equal(NumberDataViewType.Int32, data.Schema["Number"].Type);
        Assert.Equal(NumberDataViewType.Double, data.Schema["Score"].Type);
        Assert.Equal(BooleanDataViewType.Instance, data.Schema["Truth"].Type);
        Assert.Equal(DateTimeDataViewType.Instance, data.Schema["Time"].Type);
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance), data.Schema["Labels"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single), data.Schema["Values"].Type);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        for (int row = 0; row < 50; row++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(row, cursor.Position);
            WrittenRow expected = Row(row);
            Assert.Equal(expected.Text ?? "", Get<ReadOnlyMemory<char>>(cursor, "Text").ToString());
            Assert.Equal(expected.Number, Get<int>(cursor, "Number"));
            Assert.Equal(expected.Score ?? double.NaN, Get<double>(cursor, "Score"));
            Assert.Equal(expected.Truth, Get<bool>(cursor, "Truth"));
            Assert.Equal(expected.Time, Get<DateTime>(cursor, "Time"));
            Assert.Equal(expected.Labels ?? [], Get<VBuffer<ReadOnlyMemory<char>>>(cursor, "Labels").DenseValues().Select(text => text.ToString()));
            Assert.Equal(expected.Values, Get<VBuffer<float>>(cursor, "Values").DenseValues());
            Assert.Equal(expected.Bytes, Get<VBuffer<byte>>(cursor, "Bytes").DenseValues());
        }

        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => Get<int>(cursor, "Number"));
    }

    [Fact]
    public async Task Columns_ThatAreAskedFor_AreReadAlone()
    {
        await WriteAsync([Row(0), Row(1)], 10);

        IDataView data = _ml.Data.LoadFromParquet(Path, ["Number", "Text"]);

        Assert.Equal(["Number", "Text"], data.Schema.Select(column => column.Name));
        Assert.Contains("no column Nothing", Assert.Throws<ArgumentException>(() => _ml.Data.LoadFromParquet(Path, ["Text", "Nothing"])).Message, StringComparison.Ordinal);
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema["Text"]]);
        Assert.False(cursor.IsColumnActive(data.Schema["Number"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<int>(data.Schema["Number"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<long>(data.Schema["Text"]));
    }

    [Fact]
    public async Task Data_GoesThroughAPipeline_AsManyTimesAsItLikes()
    {
        await WriteAsync(Enumerable.Range(0, 30).Select(Row), 8);
        IDataView data = _ml.Data.LoadFromParquet(Path, ["Text", "Score"]);

        IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Label", "Text").Fit(data).Transform(_ml.Data.FilterRowsByMissingValues(data, "Score"));

        Assert.Equal(20, keyed.Preview(100).RowView.Length);
        Assert.Equal(20, _ml.Data.ShuffleRows(keyed, seed: 1).Preview(100).RowView.Length);
    }

    [Fact]
    public async Task MissingInteger_IsRefusedWithItsRow()
    {
        using (FileStream stream = File.Create(Path))
        {
            await ParquetSerializer.SerializeAsync([new MaybeRow { Id = 4 }, new MaybeRow { Id = 5 }, new MaybeRow()], stream);
        }

        IDataView data = _ml.Data.LoadFromParquet(Path);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        string error = Assert.Throws<ModelFileException>(() => cursor.MoveNext()).Message;

        Assert.Contains("Row 2 (from 0) has no value", error, StringComparison.Ordinal);
        Assert.Contains("Id", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Structure_IsRefusedByName_AndLeavesTheOthers()
    {
        using (FileStream stream = File.Create(Path))
        {
            await ParquetSerializer.SerializeAsync([new NestedRow { Text = "a", Inner = new MaybeRow { Id = 1 } }], stream);
        }

        Assert.Contains("Inner", Assert.Throws<ModelFileException>(() => _ml.Data.LoadFromParquet(Path)).Message, StringComparison.Ordinal);
        Assert.Equal("a", _ml.Data.LoadFromParquet(Path, ["Text"]).GetColumn<string>("Text").Single());
    }

    [Theory]
    [InlineData("")]
    [InlineData("PAR1")]
    [InlineData("PAR1aaaaaaaaPAR1")]
    [InlineData("no parquet at all, but some text that is longer than a footer would be")]
    public void OtherFiles_AreRefusedByName(string content)
    {
        File.WriteAllText(Path, content);

        Assert.Contains("rows.parquet", Assert.Throws<ModelFileException>(() => _ml.Data.LoadFromParquet(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoFile_IsNotFound() => Assert.Throws<FileNotFoundException>(() => _ml.Data.LoadFromParquet(Path));

    /// <summary>Whatever byte is changed, reading ends: with rows, or with an error that names the file.</summary>
    [Fact]
    public async Task ChangedBytes_EndInRowsOrInAnErrorThatNamesTheFile()
    {
        await WriteAsync(Enumerable.Range(0, 20).Select(Row), 9);
        byte[] sound = await File.ReadAllBytesAsync(Path);
        var random = new Random(5);
        int refused = 0;
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = [.. sound];
            for (int change = 0; change < 1 + (round % 3); change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            await File.WriteAllBytesAsync(Path, round % 10 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            try
            {
                IDataView data = _ml.Data.LoadFromParquet(Path);
                using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
                while (cursor.MoveNext())
                {
                }
            }
            catch (ModelFileException e)
            {
                Assert.Contains("rows.parquet", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 20, 200);
    }

    private static T Get<T>(DataViewRowCursor cursor, string column)
    {
        T value = default!;
        cursor.GetGetter<T>(cursor.Schema[column])(ref value);
        return value;
    }

    private static WrittenRow Row(int row) => new()
    {
        Text = row % 5 == 4 ? null : $"text {row} ü",
        Number = row - 3,
        Score = row % 3 == 2 ? null : row / 4.0,
        Truth = row % 2 == 0,
        Time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(row),
        Labels = row % 7 == 6 ? [] : [.. Enumerable.Range(0, row % 4).Select(label => $"label {label}")],
        Values = [.. Enumerable.Range(0, row % 3).Select(value => value + 0.5f)],
        Bytes = [.. Enumerable.Range(0, row % 6).Select(value => (byte)value)],
    };

    private async Task WriteAsync(IEnumerable<WrittenRow> rows, int groupSize)
    {
        using FileStream stream = File.Create(Path);
        await ParquetSerializer.SerializeAsync(rows, stream, new ParquetOptions { RowGroupSize = groupSize });
    }

    private sealed class WrittenRow
    {
        public string? Text { get; set; }

        public int Number { get; set; }

        public double? Score { get; set; }

        public bool Truth { get; set; }

        public DateTime Time { get; set; }

        public List<string>? Labels { get; set; }

        public List<float> Values { get; set; } = [];

        public byte[] Bytes { get; set; } = [];
    }

    private sealed class MaybeRow
    {
        public int? Id { get; set; }
    }

    private sealed class NestedRow
    {
        public string Text { get; set; } = "";

        public MaybeRow? Inner { get; set; }
    }
}
