using System.Text;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

public sealed class ClassifierManifestTests
{
    private static readonly StoredFile[] Files = [new("config.json", 12, Hash(1)), new("model.safetensors", 5_000_000_000, Hash(2))];

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var manifest = new ClassifierManifest(Rows.Columns, "Tiny 👍", 3, null, Files);
        ClassifierManifest again = RoundTrip(manifest);
        Assert.Equal(Rows.Columns, again.Columns);
        Assert.Equal("Tiny 👍", again.BackboneName);
        Assert.Equal(3, again.ClassCount);
        Assert.Null(again.Classes);
        Assert.Equal(Files.Select(file => (file.Name, file.Length)), again.Files.Select(file => (file.Name, file.Length)));
        Assert.Equal(Files.Select(file => file.Sha256), again.Files.Select(file => file.Sha256));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_ClassValuesOfEachType_AreTheSame(PrimitiveDataViewType type, object values)
    {
        ClassValueKind kind = Assert.IsAssignableFrom<ClassValueKind>(ClassValueKind.Find(type));
        Assert.Same(kind, ClassValueKind.Find(kind.Id));
        byte[] bytes = Written(writer => WriteValues(writer, kind, values));
        using var reader = new BinaryReader(new MemoryStream(bytes));
        ClassValues read = kind.Read(reader, ((Array)values).Length);
        Assert.Equal(bytes, Written(read.Write));
        Assert.Equal(bytes.Length, reader.BaseStream.Position);
        Assert.Equal(((Array)values).Length, read.Names.Distinct().Count());
    }

    public static TheoryData<PrimitiveDataViewType, object> Kinds => new()
    {
        { TextDataViewType.Instance, new[] { "plain", "ä 👍", "\ud800 lone", "" }.Select(text => text.AsMemory()).ToArray() },
        { BooleanDataViewType.Instance, new[] { false, true } },
        { NumberDataViewType.SByte, new sbyte[] { -128, 127 } },
        { NumberDataViewType.Byte, new byte[] { 0, 255 } },
        { NumberDataViewType.Int16, new short[] { -1, 5 } },
        { NumberDataViewType.UInt16, new ushort[] { 1, 65535 } },
        { NumberDataViewType.Int32, new[] { int.MinValue, 5 } },
        { NumberDataViewType.UInt32, new[] { 7u, uint.MaxValue } },
        { NumberDataViewType.Int64, new[] { long.MinValue, 5 } },
        { NumberDataViewType.UInt64, new[] { 7ul, ulong.MaxValue } },
        { NumberDataViewType.Single, new[] { 0.1f, float.NaN } },
        { NumberDataViewType.Double, new[] { 0.1, double.PositiveInfinity } },
        { DateTimeDataViewType.Instance, new[] { new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), DateTime.MinValue } },
        { TimeSpanDataViewType.Instance, new[] { TimeSpan.FromTicks(-1), TimeSpan.MaxValue } },
        { DateTimeOffsetDataViewType.Instance, new[] { new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(-7)), DateTimeOffset.MinValue } },
    };

    [Fact]
    public void Read_NewerVersion_SaysBothVersions()
    {
        byte[] bytes = Written(new ClassifierManifest(Rows.Columns, "b", 2, null, Files).Write);
        bytes[0] = 9;
        var error = Assert.Throws<FormatException>(() => Read(bytes));
        Assert.Contains("version 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutOffAnywhere_SaysThatTheFileIsDamaged()
    {
        byte[] bytes = Written(new ClassifierManifest(Rows.Columns, "b", 2, ClassValueKind.Find(TextDataViewType.Instance)!.Placeholder(2), Files).Write);
        for (int length = 0; length < bytes.Length; length++)
        {
            var error = Assert.Throws<FormatException>(() => Read(bytes[..length]));
            Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void Read_AbsurdClassCount_SaysThatTheFileIsDamaged(int classCount)
    {
        byte[] bytes = Written(new ClassifierManifest(Rows.Columns, "b", classCount, null, Files).Write);
        Assert.Contains($"{classCount} classes", Assert.Throws<FormatException>(() => Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ClassNameLongerThanTheFile_SaysSoWithoutAllocatingIt()
    {
        byte[] bytes = Written(writer => writer.Write(int.MaxValue));
        using var reader = new BinaryReader(new MemoryStream(bytes));
        Assert.Throws<EndOfStreamException>(() => ClassValueKind.Find(TextDataViewType.Instance)!.Read(reader, 1));
    }

    private static void WriteValues(BinaryWriter writer, ClassValueKind kind, object values)
    {
        // The way in which each type is written is fixed here once more: files of today must be readable tomorrow.
        foreach (object value in (Array)values)
        {
            switch (value)
            {
                case ReadOnlyMemory<char> text:
                    writer.Write(text.Length);
                    writer.Write(Encoding.Unicode.GetBytes(text.ToArray()).Length == text.Length * 2 ? System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.Span) : []);
                    break;
                case DateTime time:
                    writer.Write(time.ToBinary());
                    break;
                case TimeSpan span:
                    writer.Write(span.Ticks);
                    break;
                case DateTimeOffset offset:
                    writer.Write(offset.Ticks);
                    writer.Write(offset.Offset.Ticks);
                    break;
                default:
                    typeof(BinaryWriter).GetMethod(nameof(BinaryWriter.Write), [value.GetType()])!.Invoke(writer, [value]);
                    break;
            }
        }

        Assert.NotEqual(0, kind.Id);
    }

    private static ClassifierManifest RoundTrip(ClassifierManifest manifest) => Read(Written(manifest.Write));

    private static ClassifierManifest Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        ClassifierManifest manifest = ClassifierManifest.Read(reader);
        Assert.Equal(bytes.Length, reader.BaseStream.Position);
        return manifest;
    }

    private static byte[] Written(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    private static byte[] Hash(byte seed) => [.. Enumerable.Range(seed, 32).Select(i => (byte)i)];
}
