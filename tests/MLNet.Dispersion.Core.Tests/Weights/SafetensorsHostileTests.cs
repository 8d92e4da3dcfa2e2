using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Weights;

/// <summary>Whatever bytes come, the reader gives tensors or a <see cref="ModelFileException"/>, never anything else.</summary>
public sealed class SafetensorsHostileTests
{
    private static readonly byte[] Small = MakeSmall();

    [Fact]
    public void Read_TruncatedAtEveryByte_ThrowsCheckpointException()
    {
        for (int length = 0; length < Small.Length; length++)
        {
            byte[] part = Small[..length];
            Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(part)));
            Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new ForwardOnlyStream(part)));
        }
    }

    [Fact]
    public void Read_RandomBitFlipsInTheHeader_GivesTensorsOrCheckpointException()
    {
        int headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(Small);
        var random = new Random(20260901);
        int refused = 0;
        for (int i = 0; i < 4000; i++)
        {
            byte[] damaged = [.. Small];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(headerEnd)] ^= (byte)(1 << random.Next(8));
            }

            refused += Accepts(damaged) ? 0 : 1;
        }

        // Flips within a name or in the metadata make another valid file; most others must be noticed.
        Assert.InRange(refused, 2000, 3999);
    }

    [Fact]
    public void Read_RandomBytesPutIntoTheHeader_GivesTensorsOrCheckpointException()
    {
        int headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(Small);
        var random = new Random(77);
        foreach (string snippet in new[] { "{", "}", "[", "]", "\"", ",", "0", "-1", "1e9", "null", "\\u0000", "\\ud800", "99999999999999999999", "\xff" })
        {
            for (int i = 0; i < 100; i++)
            {
                int at = random.Next(8, headerEnd);
                byte[] header = [.. Small[8..at], .. Encoding.Latin1.GetBytes(snippet), .. Small[at..headerEnd]];
                Accepts(SafetensorsBytes.File(header, Small[headerEnd..]));
            }
        }
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(100_000_001L)]
    [InlineData(99_999_999L)]
    public void Read_HeaderLengthOutOfRange_Throws(long length)
    {
        byte[] file = [.. Small];
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new ForwardOnlyStream(file)));

        // The claim alone must not cost memory.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData(" {}")]
    [InlineData("{")]
    [InlineData("{} x")]
    [InlineData("""{"t":null}""")]
    [InlineData("""{"t":{}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1]}}""")]
    [InlineData("""{"t":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,5]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[9223372036854775807,0,9223372036854775807],"data_offsets":[0,0]},"u":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"t":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"u":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"u":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""")]
    [InlineData("""{"t":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}""")]
    [InlineData("""{"__metadata__":[],"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""")]
    [InlineData("""{"__metadata__":{"a":1},"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""")]
    public void Read_ImpossibleHeader_ThrowsFromSeekableAndForwardOnlyStreams(string header)
    {
        byte[] file = SafetensorsBytes.File(header, 1, 2, 3, 4);

        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(file)));
        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new ForwardOnlyStream(file)));
    }

    [Theory]
    [InlineData(33, "1")]
    [InlineData(100_000, "1")]
    public void Read_ShapeOfManyDimensions_Throws(int dimensions, string size)
    {
        string shape = string.Join(',', Enumerable.Repeat(size, dimensions));
        byte[] file = SafetensorsBytes.File($$$"""{"t":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", 1);

        var error = Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(file)));

        Assert.InRange(error.Message.Length, 1, 400);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("""{"a":""")]
    public void Read_NestedJsonBomb_Throws(string opening)
    {
        byte[] file = SafetensorsBytes.File(string.Concat(Enumerable.Repeat(opening, 200_000)));

        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(file)));
    }

    [Fact]
    public void Read_InvalidUtf8InAName_Throws()
    {
        byte[] header = Encoding.Latin1.GetBytes("{\"\xC3\x28\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}");

        Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(SafetensorsBytes.File(header, [1]))));
    }

    [Fact]
    public void Read_TensorLargerThanMemory_Throws()
    {
        // A stream without a length, so that the claim can only be believed or tried.
        byte[] file = SafetensorsBytes.File("""{"t":{"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]}}""", 1);
        var reader = new SafetensorsReader(new ForwardOnlyStream(file), "x");
        reader.MoveNext();

        Assert.Equal("t", Assert.Throws<ModelFileException>(() => reader.Read()).Tensor);
    }

    [Fact]
    public void Read_LongNameWithControlCharacters_MakesAShortPrintableMessage()
    {
        string name = new string('x', 100) + "\\n\\u0007" + new string('y', 10_000);
        byte[] file = SafetensorsBytes.File($$$"""{"{{{name}}}":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 1, 2);

        var error = Assert.Throws<ModelFileException>(() => SafetensorsBytes.ReadAll(new MemoryStream(file)));

        Assert.InRange(error.Message.Length, 1, 500);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }

    [Fact]
    public void Read_DamagedCompressedEntry_ThrowsCheckpointException()
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(Small);
        }

        byte[] bytes = packed.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 0x5A;
            AcceptsStream(new DeflateStream(new MemoryStream(damaged), CompressionMode.Decompress));
        }
    }

    [Fact]
    public void Read_HostileFiles_LeaveNoTensorsBehind()
    {
        var statistics = DisposeScopeManager.Statistics;
        long before = statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int length = 0; length < Small.Length; length += 5)
        {
            Accepts(Small[..length]);
        }

        Assert.Equal(before, statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static bool Accepts(byte[] file) => AcceptsStream(new MemoryStream(file));

    private static bool AcceptsStream(Stream stream)
    {
        try
        {
            SafetensorsBytes.ReadAll(stream);
            return true;
        }
        catch (ModelFileException)
        {
            return false;
        }
    }

    private static byte[] MakeSmall()
    {
        using var scope = NewDisposeScope();
        return SafetensorsBytes.Write(
        [
            new("model.weight", arange(6, dtype: ScalarType.Float32).view(2, 3)),
            new("model.half", tensor(new[] { 1f, 2f }).to(ScalarType.Float16)),
            new("model.steps", tensor(new[] { 3L })),
        ]);
    }
}
