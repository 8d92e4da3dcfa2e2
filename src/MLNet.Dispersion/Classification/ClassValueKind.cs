using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The types that a label may have had before it became a key, and how their values are written into a model file.</summary>
internal abstract class ClassValueKind
{
    /// <summary>The number that stands for the kind in a model file; never reused.</summary>
    internal abstract byte Id { get; }

    internal abstract PrimitiveDataViewType Type { get; }

    private static ClassValueKind[] All { get; } =
    [
        new Of<ReadOnlyMemory<char>>(1, TextDataViewType.Instance, WriteText, ReadText),
        new Of<bool>(2, BooleanDataViewType.Instance, (w, v) => w.Write(v), r => r.ReadBoolean()),
        new Of<sbyte>(3, NumberDataViewType.SByte, (w, v) => w.Write(v), r => r.ReadSByte()),
        new Of<byte>(4, NumberDataViewType.Byte, (w, v) => w.Write(v), r => r.ReadByte()),
        new Of<short>(5, NumberDataViewType.Int16, (w, v) => w.Write(v), r => r.ReadInt16()),
        new Of<ushort>(6, NumberDataViewType.UInt16, (w, v) => w.Write(v), r => r.ReadUInt16()),
        new Of<int>(7, NumberDataViewType.Int32, (w, v) => w.Write(v), r => r.ReadInt32()),
        new Of<uint>(8, NumberDataViewType.UInt32, (w, v) => w.Write(v), r => r.ReadUInt32()),
        new Of<long>(9, NumberDataViewType.Int64, (w, v) => w.Write(v), r => r.ReadInt64()),
        new Of<ulong>(10, NumberDataViewType.UInt64, (w, v) => w.Write(v), r => r.ReadUInt64()),
        new Of<float>(11, NumberDataViewType.Single, (w, v) => w.Write(v), r => r.ReadSingle()),
        new Of<double>(12, NumberDataViewType.Double, (w, v) => w.Write(v), r => r.ReadDouble()),
        new Of<DateTime>(13, DateTimeDataViewType.Instance, (w, v) => w.Write(v.ToBinary()), r => DateTime.FromBinary(r.ReadInt64())),
        new Of<TimeSpan>(14, TimeSpanDataViewType.Instance, (w, v) => w.Write(v.Ticks), r => new TimeSpan(r.ReadInt64())),
        new Of<DateTimeOffset>(15, DateTimeOffsetDataViewType.Instance, WriteOffset, r => new DateTimeOffset(r.ReadInt64(), new TimeSpan(r.ReadInt64()))),
    ];

    /// <summary>The kind of a column type, or null where values of it are not carried along.</summary>
    internal static ClassValueKind? Find(DataViewType type) => Array.Find(All, kind => kind.Type.Equals(type));

    /// <summary>The kind that a model file names.</summary>
    internal static ClassValueKind? Find(byte id) => Array.Find(All, kind => kind.Id == id);

    /// <summary>Values that are texts.</summary>
    internal static ClassValues OfTexts(IEnumerable<string> names) =>
        new ClassValues<ReadOnlyMemory<char>>(Find(TextDataViewType.Instance)!, [.. names.Select(name => name.AsMemory())], WriteText);

    /// <summary>Values that only say of which type they are: for the shape that is promised before training.</summary>
    internal abstract ClassValues Placeholder(int count);

    /// <summary>Copies the key values of a label column.</summary>
    internal abstract ClassValues Copy(Microsoft.ML.DataViewSchema.Column label);

    /// <summary>Reads what <see cref="ClassValues.Write"/> wrote.</summary>
    internal abstract ClassValues Read(BinaryReader reader, int count);

    private static void WriteText(BinaryWriter writer, ReadOnlyMemory<char> text)
    {
        // UTF-16 units as they are: a name with a lone surrogate comes back the same.
        writer.Write(text.Length);
        writer.Write(MemoryMarshal.AsBytes(text.Span));
    }

    private static ReadOnlyMemory<char> ReadText(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        if (length < 0 || length * 2L > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new EndOfStreamException(string.Create(CultureInfo.InvariantCulture, $"A class name claims {length} characters, more than the file holds."));
        }

        char[] text = new char[length];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(text.AsSpan()));
        return text;
    }

    private static void WriteOffset(BinaryWriter writer, DateTimeOffset value)
    {
        writer.Write(value.Ticks);
        writer.Write(value.Offset.Ticks);
    }

    private sealed class Of<T>(byte id, PrimitiveDataViewType type, Action<BinaryWriter, T> write, Func<BinaryReader, T> read) : ClassValueKind
    {
        internal override byte Id => id;

        internal override PrimitiveDataViewType Type => type;

        internal override ClassValues Placeholder(int count) => new ClassValues<T>(this, new T[count], write);

        internal override ClassValues Copy(Microsoft.ML.DataViewSchema.Column label)
        {
            VBuffer<T> values = default;
            label.GetKeyValues(ref values);
            return new ClassValues<T>(this, [.. values.DenseValues()], write);
        }

        internal override ClassValues Read(BinaryReader reader, int count)
        {
            var values = new T[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = read(reader);
            }

            return new ClassValues<T>(this, values, write);
        }
    }
}
