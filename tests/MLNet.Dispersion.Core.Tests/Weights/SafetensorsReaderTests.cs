using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Weights;

public sealed class SafetensorsReaderTests
{
    private const string TwoTensors = """{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}""";

    private static readonly byte[] TwoTensorsData = [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f), .. BitConverter.GetBytes(77L)];

    [Fact]
    public void Read_ForwardOnlyStream_GivesTensorsInFileOrder()
    {
        var reader = new SafetensorsReader(new ForwardOnlyStream(SafetensorsBytes.File(TwoTensors, TwoTensorsData)), "x");

        Assert.Equal(["b", "a"], reader.Entries.Select(e => e.Name));
        Assert.Equal("b", reader.MoveNext()!.Name);
        using var b = reader.Read();
        Assert.Equal([1.5f, -2f], b.data<float>().ToArray());
        Assert.Equal("a", reader.MoveNext()!.Name);
        using var a = reader.Read();
        Assert.Equal(0, a.dim());
        Assert.Equal(77L, a.item<long>());
        Assert.Null(reader.MoveNext());
    }

    [Fact]
    public void MoveNext_TensorNotRead_SkipsItsBytes()
    {
        var reader = new SafetensorsReader(new ForwardOnlyStream(SafetensorsBytes.File(TwoTensors, TwoTensorsData)), "x");
        reader.MoveNext();
        reader.MoveNext();

        using var a = reader.Read();

        Assert.Equal(77L, a.item<long>());
    }

    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3C, 0x00, 0xC1 }, new[] { 1f, -2.5f })]
    [InlineData("BF16", new byte[] { 0x80, 0x3F, 0x20, 0xC0 }, new[] { 1f, -2.5f })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 4, 0xC0 }, new[] { 1f, -2.5f })]
    [InlineData("I32", new byte[] { 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF }, new[] { 1f, -1f })]
    [InlineData("I16", new byte[] { 1, 0, 0xFF, 0xFF }, new[] { 1f, -1f })]
    [InlineData("I8", new byte[] { 1, 0xFF }, new[] { 1f, -1f })]
    [InlineData("U8", new byte[] { 1, 0xFF }, new[] { 1f, 255f })]
    [InlineData("BOOL", new byte[] { 2, 0 }, new[] { 1f, 0f })]
    public void Read_EveryStoredType_ConvertsToFloat32(string dtype, byte[] data, float[] expected)
    {
        string header = $$$"""{"t":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{data.Length}}}]}}""";

        Assert.Equal(expected, SafetensorsBytes.ReadAll(new ForwardOnlyStream(SafetensorsBytes.File(header, data)))["t"]);
    }

    [Fact]
    public void Read_TensorOfManyChunks_KeepsEveryValue()
    {
        using var scope = NewDisposeScope();
        const int Count = (1 << 20) * 2 + 12345;
        var values = arange(Count, dtype: ScalarType.Float32).mul(0.5);
        byte[] file = SafetensorsBytes.Write([new("t", values)]);

        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var reader = new SafetensorsReader(new MemoryStream(file), "x");
            reader.MoveNext();
            Assert.True(reader.Read(type).to(ScalarType.Float32).eq(values).all().ToBoolean());
        }
    }

    [Fact]
    public void CopyTo_OtherShape_NamesBothShapes()
    {
        using var target = zeros(3);
        var reader = new SafetensorsReader(new MemoryStream(SafetensorsBytes.File(TwoTensors, TwoTensorsData)), "dir/x");
        reader.MoveNext();

        var error = Assert.Throws<ModelFileException>(() => reader.CopyTo(target));

        Assert.Equal("b", error.Tensor);
        Assert.Contains("dir/x", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[3]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CopyTo_TransposedTarget_Throws()
    {
        using var target = zeros(2, 3).t();
        byte[] file = SafetensorsBytes.File("""{"t":{"dtype":"U8","shape":[3,2],"data_offsets":[0,6]}}""", new byte[6]);
        var reader = new SafetensorsReader(new MemoryStream(file), "x");
        reader.MoveNext();

        Assert.Throws<ArgumentException>(() => reader.CopyTo(target));
    }

    [Fact]
    public void Read_Twice_Throws()
    {
        var reader = new SafetensorsReader(new MemoryStream(SafetensorsBytes.File(TwoTensors, TwoTensorsData)), "x");
        Assert.Throws<InvalidOperationException>(() => reader.Read());
        reader.MoveNext();
        reader.Read().Dispose();

        Assert.Throws<InvalidOperationException>(() => reader.Read());
    }

    [Fact]
    public void MoveNext_BytesAfterTheLastTensor_Throws()
    {
        byte[] file = [.. SafetensorsBytes.File(TwoTensors, TwoTensorsData), 0];

        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new ForwardOnlyStream(file)));
        Assert.Throws<ModelFileException>(() => new SafetensorsReader(new MemoryStream(file), "x"));
    }

    [Fact]
    public void Metadata_AndEmptyTensor_AreRead()
    {
        string header = """{"__metadata__":{"format":"pt","who":"é"},"t":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}}   """;
        var reader = new SafetensorsReader(new MemoryStream(SafetensorsBytes.File(header)), "x");
        reader.MoveNext();
        using var t = reader.Read();

        Assert.Equal("é", reader.Metadata["who"]);
        Assert.Equal([0L, 4L], t.shape);
        Assert.Null(reader.MoveNext());
    }
}
