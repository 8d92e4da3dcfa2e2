using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Microsoft.ML;
using Microsoft.ML.Data;
using Schema = Apache.Arrow.Schema;

namespace MLNet.Dispersion.Tests.Columns;

public sealed class ArrowTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-columns-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "rows.arrow");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, CompressionCodecType.Lz4Frame)]
    [InlineData(false, CompressionCodecType.Zstd)]
    public void Rows_OfBatches_ComeBackTyped(bool asFile, CompressionCodecType? codec)
    {
        Write(asFile, codec, Batch(0, 5), Batch(5, 3));

        IDataView data = _ml.Data.LoadFromArrow(Path);

        Assert.Null(data.GetRowCount());
        Assert.Equal(NumberDataViewType.Int64, data.Schema["id"].Type);
        Assert.Equal(TextDataViewType.Instance, data.Schema["kind"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single), data.Schema["values"].Type);
        for (int pass = 0; pass < 2; pass++)
        {
            Assert.Equal(Enumerable.Range(0, 8).Select(row => (long)row), data.GetColumn<long>("id"));
            Assert.Equal(Enumerable.Range(0, 8).Select(row => row % 4 == 3 ? "" : $"text {row}"), data.GetColumn<string>("text").Select(text => text ?? ""));
            Assert.Equal(Enumerable.Range(0, 8).Select(row => row % 3 == 1 ? double.NaN : row / 2.0), data.GetColumn<double>("score"));
            Assert.Equal(Enumerable.Range(0, 8).Select(row => row % 2 == 0), data.GetColumn<bool>("truth"));
            Assert.Equal(Enumerable.Range(0, 8).Select(row => row % 2 == 0 ? "even" : "odd"), data.GetColumn<string>("kind"));
            Assert.Equal(Enumerable.Range(0, 8).Select(row => Enumerable.Range(0, row % 3).Select(value => row + (value / 8f))), data.GetColumn<float[]>("values"));
            Assert.Equal(Enumerable.Range(0, 8).Select(Time), data.GetColumn<DateTime>("time"));
        }
    }

    [Fact]
    public void Columns_ThatCannotBeHeld_AreRefusedByName()
    {
        var decimals = new Decimal128Array.Builder(new Decimal128Type(10, 2)).Append(1.5m).Build();
        var schema = new Schema([new Field("price", decimals.Data.DataType, true), new Field("id", Int64Type.Default, false)], null);
        Write(schema, true, null, new RecordBatch(schema, [decimals, new Int64Array.Builder().Append(7).Build()], 1));

        Assert.Contains("price", Assert.Throws<ModelFileException>(() => _ml.Data.LoadFromArrow(Path)).Message, StringComparison.Ordinal);
        Assert.Equal([7L], _ml.Data.LoadFromArrow(Path, ["id"]).GetColumn<long>("id"));
        Assert.Contains("no column other", Assert.Throws<ArgumentException>(() => _ml.Data.LoadFromArrow(Path, ["other"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingInteger_IsRefusedWithItsRow()
    {
        var schema = new Schema([new Field("id", Int64Type.Default, true)], null);
        Write(schema, true, null, new RecordBatch(schema, [new Int64Array.Builder().Append(7).AppendNull().Build()], 2));

        Assert.Contains("Row 1 (from 0) has no value", Assert.Throws<ModelFileException>(() => _ml.Data.LoadFromArrow(Path).GetColumn<long>("id").ToList()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ARROW1")]
    [InlineData("ARROW1\0\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaARROW1")]
    [InlineData("\u007F\u007F\u007F\u007F no arrow at all")]
    public void OtherFiles_AreRefusedByName(string content)
    {
        File.WriteAllText(Path, content);

        Assert.Contains("rows.arrow", Assert.Throws<ModelFileException>(() => _ml.Data.LoadFromArrow(Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever byte is changed, reading ends: with rows, or with an error that names the file.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ChangedBytes_EndInRowsOrInAnErrorThatNamesTheFile(bool asFile)
    {
        Write(asFile, null, Batch(0, 5), Batch(5, 3));
        byte[] sound = File.ReadAllBytes(Path);
        var random = new Random(5);
        int refused = 0;
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = [.. sound];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(Path, round % 10 == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            try
            {
                IDataView data = _ml.Data.LoadFromArrow(Path);
                using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
                while (cursor.MoveNext())
                {
                }
            }
            catch (ModelFileException e)
            {
                Assert.Contains("rows.arrow", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 5, 200);
    }

    private static DateTime Time(int row) => new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddMinutes(row);

    private static Schema Table { get; } = new(
        [
            new Field("id", Int64Type.Default, false),
            new Field("text", StringType.Default, true),
            new Field("score", DoubleType.Default, true),
            new Field("truth", BooleanType.Default, false),
            new Field("kind", new DictionaryType(Int32Type.Default, StringType.Default, false), false),
            new Field("values", new ListType(new Field("item", FloatType.Default, true)), true),
            new Field("time", new TimestampType(TimeUnit.Millisecond, "UTC"), false),
        ],
        null);

    private static RecordBatch Batch(int first, int count)
    {
        var ids = new Int64Array.Builder();
        var texts = new StringArray.Builder();
        var scores = new DoubleArray.Builder();
        var truths = new BooleanArray.Builder();
        var kinds = new Int32Array.Builder();
        var lists = new ListArray.Builder(FloatType.Default);
        var values = (FloatArray.Builder)lists.ValueBuilder;
        var times = new TimestampArray.Builder(new TimestampType(TimeUnit.Millisecond, "UTC"));
        for (int row = first; row < first + count; row++)
        {
            ids.Append(row);
            _ = row % 4 == 3 ? texts.AppendNull() : texts.Append($"text {row}");
            _ = row % 3 == 1 ? scores.AppendNull() : scores.Append(row / 2.0);
            truths.Append(row % 2 == 0);
            kinds.Append(row % 2);
            lists.Append();
            foreach (int value in Enumerable.Range(0, row % 3))
            {
                values.Append(row + (value / 8f));
            }

            times.Append(new DateTimeOffset(Time(row)));
        }

        var names = new StringArray.Builder().Append("even").Append("odd").Build();
        var kind = new DictionaryArray(new DictionaryType(Int32Type.Default, StringType.Default, false), kinds.Build(), names);
        return new RecordBatch(Table, [ids.Build(), texts.Build(), scores.Build(), truths.Build(), kind, lists.Build(), times.Build()], count);
    }

    private void Write(bool asFile, CompressionCodecType? codec, params RecordBatch[] batches) => Write(Table, asFile, codec, batches);

    private void Write(Schema schema, bool asFile, CompressionCodecType? codec, params RecordBatch[] batches)
    {
        using FileStream stream = File.Create(Path);
        var options = new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = codec is null ? null : new CompressionCodecFactory() };
        using ArrowStreamWriter writer = asFile ? new ArrowFileWriter(stream, schema, leaveOpen: true, options) : new ArrowStreamWriter(stream, schema, leaveOpen: true, options);
        foreach (RecordBatch batch in batches)
        {
            writer.WriteRecordBatch(batch);
        }

        writer.WriteEnd();
    }
}
