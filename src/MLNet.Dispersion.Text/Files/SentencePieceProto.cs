using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The parts that matter here of sentence-piece's file format, a protocol buffer.</summary>
internal sealed record SentencePieceProto
{
    private const int BytePairEncoding = 2;

    internal required IReadOnlyList<SentencePiece> Pieces { get; init; }

    /// <summary>1 for unigram, 2 for BPE, 3 for words, 4 for characters.</summary>
    internal int ModelType { get; init; } = 1;

    internal bool ByteFallback { get; init; }

    internal int UnknownId { get; init; }

    internal int BosId { get; init; } = 1;

    internal int EosId { get; init; } = 2;

    internal bool HasCharacterMap => !CharacterMap.IsEmpty;

    /// <summary>The map of characters, as sentence-piece writes it; empty: none.</summary>
    internal ReadOnlyMemory<byte> CharacterMap { get; init; }

    internal bool AddDummyPrefix { get; init; } = true;

    internal bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is no such file.</exception>
    internal static SentencePieceProto Parse(ReadOnlyMemory<byte> file)
    {
        var pieces = new List<SentencePiece>();
        var result = new SentencePieceProto { Pieces = pieces };
        foreach (ProtoField field in ProtoField.ReadAll(file))
        {
            switch (field.Number)
            {
                case 1:
                    pieces.Add(ParsePiece(field.Bytes));
                    break;
                case 2:
                    result = ProtoField.ReadAll(field.Bytes).Aggregate(result, WithTrainerField);
                    break;
                case 3:
                    result = ProtoField.ReadAll(field.Bytes).Aggregate(result, WithNormalizerField);
                    break;
                default:
                    break;
            }
        }

        return pieces.Count > 0 ? result : throw new FormatException("it holds no pieces");
    }

    /// <summary>Writes a BPE file whose text is not changed before it is encoded, except that spaces become U+2581 and one may be put in front.</summary>
    internal byte[] ToBytes()
    {
        var file = new ProtoWriter();
        foreach (SentencePiece piece in Pieces)
        {
            file.Message(1, new ProtoWriter().Bytes(1, Encoding.UTF8.GetBytes(piece.Text)).Single(2, piece.Score).Varint(3, (int)piece.Kind));
        }

        file.Message(2, new ProtoWriter().Varint(3, BytePairEncoding).Flag(35, ByteFallback).Varint(40, UnknownId).Varint(41, BosId).Varint(42, EosId));
        file.Message(3, new ProtoWriter().Flag(3, AddDummyPrefix).Flag(4, false).Flag(5, true));
        return file.ToArray();
    }

    private static SentencePiece ParsePiece(ReadOnlyMemory<byte> bytes)
    {
        var piece = new SentencePiece("", 0, SentencePieceKind.Normal);
        foreach (ProtoField field in ProtoField.ReadAll(bytes))
        {
            piece = field.Number switch
            {
                1 => piece with { Text = Encoding.UTF8.GetString(field.Bytes.Span) },
                2 when field.Bytes.Length == sizeof(float) => piece with { Score = BinaryPrimitives.ReadSingleLittleEndian(field.Bytes.Span) },
                3 when field.Value is >= 1 and <= 6 => piece with { Kind = (SentencePieceKind)field.Value },
                2 => throw new FormatException("a piece's score is no number"),
                3 => throw new FormatException($"a piece is of the unknown kind {field.Value}"),
                _ => piece,
            };
        }

        return float.IsFinite(piece.Score) ? piece : throw new FormatException($"the piece \"{piece.Text}\" has a score that is no finite number");
    }

    private static SentencePieceProto WithTrainerField(SentencePieceProto proto, ProtoField field) => field.Number switch
    {
        3 => proto with { ModelType = field.AsInt32 },
        35 => proto with { ByteFallback = field.Value != 0 },
        40 => proto with { UnknownId = field.AsInt32 },
        41 => proto with { BosId = field.AsInt32 },
        42 => proto with { EosId = field.AsInt32 },
        _ => proto,
    };

    private static SentencePieceProto WithNormalizerField(SentencePieceProto proto, ProtoField field) => field.Number switch
    {
        2 => proto with { CharacterMap = field.Bytes },
        3 => proto with { AddDummyPrefix = field.Value != 0 },
        4 => proto with { RemoveExtraWhitespaces = field.Value != 0 },
        _ => proto,
    };
}

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
