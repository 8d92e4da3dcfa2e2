using System.Buffers;
using System.Buffers.Binary;

namespace MLNet.Dispersion.Text;

/// <summary>Writes a protocol buffer message field by field.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal ProtoWriter Varint(int number, long value)
    {
        Raw((ulong)number << 3);
        Raw(unchecked((ulong)value));
        return this;
    }

    internal ProtoWriter Flag(int number, bool value) => Varint(number, value ? 1 : 0);

    internal ProtoWriter Single(int number, float value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Raw(((ulong)number << 3) | 5);
        _bytes.Write(bytes);
        return this;
    }

    internal ProtoWriter Bytes(int number, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)number << 3) | 2);
        Raw((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    internal ProtoWriter Message(int number, ProtoWriter message) => Bytes(number, message.ToArray());

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Raw(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Write([(byte)(value | 0x80)]);
        }

        _bytes.Write([(byte)value]);
    }
}
