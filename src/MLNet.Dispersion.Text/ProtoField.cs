namespace MLNet.Dispersion.Text;

/// <summary>One field of a protocol buffer.</summary>
/// <param name="Number">Which field.</param>
/// <param name="Value">Its number, where it is one.</param>
/// <param name="Bytes">Its bytes, where it is a text, a message or a number of fixed width.</param>
internal readonly record struct ProtoField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    internal int AsInt32 => unchecked((int)Value);

    /// <summary>The fields of a message, in order.</summary>
    /// <exception cref="FormatException">The bytes are no such message.</exception>
    internal static List<ProtoField> ReadAll(ReadOnlyMemory<byte> message)
    {
        var fields = new List<ProtoField>();
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = ReadVarint(message.Span, ref at);
            int number = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw new FormatException("a field has an impossible number");
            fields.Add((tag & 7) switch
            {
                0 => new ProtoField(number, ReadVarint(message.Span, ref at), default),
                1 => new ProtoField(number, 0, Take(message, 8, ref at)),
                2 => new ProtoField(number, 0, Take(message, ReadVarint(message.Span, ref at), ref at)),
                5 => new ProtoField(number, 0, Take(message, 4, ref at)),
                _ => throw new FormatException("a field is of an unknown type"),
            });
        }

        return fields;
    }

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> message, ulong length, ref int at)
    {
        if (length > (ulong)(message.Length - at))
        {
            throw new FormatException("it ends in the middle of a field");
        }

        ReadOnlyMemory<byte> bytes = message.Slice(at, (int)length);
        at += (int)length;
        return bytes;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("it ends in the middle of a number");
    }
}
