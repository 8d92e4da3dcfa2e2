using System.Buffers.Binary;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Weights;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void Write_TwoTensors_LaysTheFileOutAsSpecified()
    {
        using var scope = NewDisposeScope();
        byte[] file = SafetensorsBytes.Write([new("b", tensor(new[] { 1f, 2f })), new("a", tensor(new[] { 7L }))]);

        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        string header = Encoding.UTF8.GetString(file, 8, headerLength);
        Assert.Equal(0, headerLength % 8);
        Assert.Equal("""{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", header.TrimEnd(' '));
        Assert.Equal([.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f)], file[(8 + headerLength)..]);
    }

    [Fact]
    public void Write_EveryKindOfTensor_ReadsBackEqual()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var transposed = randn([3, 5], generator: generator).t();
        var parameter = new TorchSharp.Modules.Parameter(randn([4], generator: generator));
        var tensors = new Dictionary<string, Tensor>
        {
            ["transposed"] = transposed,
            ["parameter"] = parameter,
            ["half"] = randn([2, 2], generator: generator).to(ScalarType.Float16),
            ["brain"] = randn([2, 2], generator: generator).to(ScalarType.BFloat16),
            ["double"] = randn([2], generator: generator).to(ScalarType.Float64),
            ["flags"] = tensor(new[] { true, false, true }),
            ["bytes"] = tensor(new byte[] { 0, 200 }),
            ["empty"] = zeros(0, 3),
            ["scalar"] = tensor(2.5f),
            ["ünï\"code\n"] = tensor(new[] { float.NaN, float.PositiveInfinity }),
        };

        var reader = new SafetensorsReader(new ForwardOnlyStream(SafetensorsBytes.Write(tensors)), "x");

        while (reader.MoveNext() is { } entry)
        {
            using var read = reader.Read();
            var expected = tensors[entry.Name];
            Assert.Equal(expected.dtype, read.dtype);
            Assert.Equal(expected.shape, read.shape);
            Assert.Equal(expected.contiguous().detach().bytes.ToArray(), read.bytes.ToArray());
            tensors.Remove(entry.Name);
        }

        Assert.Empty(tensors);
    }

    [Theory]
    [InlineData(ScalarType.Float16, 1e-3)]
    [InlineData(ScalarType.BFloat16, 8e-3)]
    public void Write_FloatTypeGiven_ConvertsFloatsOnlyWithinItsPrecision(ScalarType type, double relative)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var values = rand([1000], generator: generator) + 0.5;

        byte[] file = SafetensorsBytes.Write([new("w", values), new("n", tensor(new[] { 5L }))], type);

        var reader = new SafetensorsReader(new MemoryStream(file), "x");
        Assert.Equal([ScalarType.Int64, type], reader.Entries.Select(e => e.DataType));
        reader.MoveNext();
        reader.MoveNext();
        var read = reader.Read(ScalarType.Float32);
        Assert.False(read.eq(values).all().ToBoolean());
        Assert.InRange(((read - values).abs() / values).max().item<float>(), 0, relative);
    }

    [Fact]
    public void Write_ValueBeyondHalfRange_ThrowsAndNamesTheTensor()
    {
        using var large = tensor(new[] { 1f, 70000f });

        var error = Assert.Throws<ArgumentException>(() => SafetensorsBytes.Write([new("w", large)], ScalarType.Float16));

        Assert.Contains("'w'", error.Message, StringComparison.Ordinal);
        Assert.Contains("BF16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NameTwiceOrReservedOrTypeUnknown_Throws()
    {
        using var t = zeros(1);
        using var complex = zeros(1, ScalarType.ComplexFloat32);

        Assert.Throws<ArgumentException>(() => SafetensorsBytes.Write([new("w", t), new("w", t)]));
        Assert.Throws<ArgumentException>(() => SafetensorsBytes.Write([new("__metadata__", t)]));
        Assert.Throws<ArgumentException>(() => SafetensorsBytes.Write([new("w", complex)]));
        Assert.Throws<ArgumentException>(() => SafetensorsBytes.Write([new("w", t)], ScalarType.Int64));
    }
}
