using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>GPT-2's printable stand-ins for the 256 byte values, in which byte-level vocabularies spell their pieces.</summary>
internal static class ByteSymbols
{
    private static readonly char[] CharOfByte = MakeCharOfByte();
    private static readonly short[] ByteOfChar = MakeByteOfChar();

    /// <summary>The 256 byte values in the order of GPT-2's vocabulary: printable ones first.</summary>
    internal static IReadOnlyList<byte> VocabularyOrder => [.. Enumerable.Range(0, 256).Select(b => (byte)b).OrderBy(b => CharOfByte[b])];

    /// <summary>The stand-in of a byte.</summary>
    internal static char Symbol(byte value) => CharOfByte[value];

    /// <summary>Whether the character stands for a byte.</summary>
    internal static bool IsSymbol(char c) => c < ByteOfChar.Length && ByteOfChar[c] >= 0;

    /// <summary>The UTF-8 bytes of a text, spelled in stand-ins.</summary>
    internal static string Spell(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = CharOfByte[source[i]];
            }
        });
    }

    /// <summary>The bytes that a piece spells; a piece with other characters stands for its own UTF-8 bytes.</summary>
    internal static byte[] Bytes(string piece)
    {
        var bytes = new byte[piece.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!IsSymbol(piece[i]))
            {
                return Encoding.UTF8.GetBytes(piece);
            }

            bytes[i] = (byte)ByteOfChar[piece[i]];
        }

        return bytes;
    }

    private static char[] MakeCharOfByte()
    {
        var result = new char[256];
        int standIns = 0;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            result[b] = printable ? (char)b : (char)(256 + standIns++);
        }

        return result;
    }

    private static short[] MakeByteOfChar()
    {
        var result = new short[512];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = -1;
        }

        for (short b = 0; b < 256; b++)
        {
            result[CharOfByte[b]] = b;
        }

        return result;
    }
}
