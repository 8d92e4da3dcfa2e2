using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Sentence-piece's map of characters, as the reference reads it: whole user-perceived characters of few bytes first, by the shortest entry that begins them; else character by character.</summary>
internal sealed class PrecompiledNormalizer : TextNormalizer
{
    /// <summary>A user-perceived character of as many bytes or more is not looked up whole.</summary>
    private const int LongestWhole = 6;

    private readonly uint[] _trie;
    private readonly byte[] _targets;

    private PrecompiledNormalizer(uint[] trie, byte[] targets)
    {
        _trie = trie;
        _targets = targets;
    }

    /// <summary>Reads the map.</summary>
    /// <exception cref="FormatException">It is cut short.</exception>
    internal static PrecompiledNormalizer Parse(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4)
        {
            throw new FormatException("the character map is shorter than its head");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size > map.Length - 4 || size % 4 != 0 || size == 0)
        {
            throw new FormatException("the character map is shorter than it says");
        }

        var trie = new uint[size / 4];
        for (int i = 0; i < trie.Length; i++)
        {
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (4 * i))..]);
        }

        byte[] targets = map[(4 + (int)size)..].ToArray();
        return System.Text.Unicode.Utf8.IsValid(targets) ? new PrecompiledNormalizer(trie, targets) : throw new FormatException("the character map's targets are no UTF-8");
    }

    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        var changes = new List<(int CodePoint, int Change)>(units.Length + 8);
        bool modified = false;
        for (int i = 0; i < units.Length;)
        {
            int length = units[i] < 0x80 && (i + 1 == units.Length || units[i + 1] < 0x80) && units[i] != '\r' ? 1 : StringInfo.GetNextTextElementLength(units[i..]);
            ReadOnlySpan<char> element = units.Slice(i, length);
            if (CodePoints.Utf8Length(element) < LongestWhole && Find(element) is { } whole)
            {
                Replace(changes, CodePoints.Count(element), whole);
                modified = true;
            }
            else
            {
                for (int at = 0; at < length; at += CodePoints.LengthAt(element, at))
                {
                    if (Find(element.Slice(at, CodePoints.LengthAt(element, at))) is { } part)
                    {
                        Replace(changes, 1, part);
                        modified = true;
                    }
                    else
                    {
                        changes.Add((CodePoints.At(element, at), 0));
                    }
                }
            }

            i += length;
        }

        return modified ? text.Transform(changes) : text;
    }

    private static void Replace(List<(int CodePoint, int Change)> changes, int count, string by)
    {
        int added = 0;
        foreach (Rune rune in by.EnumerateRunes())
        {
            changes.Add((rune.Value, 0));
            added++;
        }

        for (int i = 0; i < added - count && i < changes.Count; i++)
        {
            changes[changes.Count - 1 - i] = changes[changes.Count - 1 - i] with { Change = 1 };
        }

        if (added < count && changes.Count > 0)
        {
            changes[^1] = changes[^1] with { Change = changes[^1].Change + added - count };
        }
    }

    /// <summary>What the shortest entry that begins the text is replaced by, or null.</summary>
    private string? Find(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!Encoding.UTF8.TryGetBytes(text, bytes, out int count))
        {
            return null;
        }

        uint node = Offset(_trie[0]);
        foreach (byte value in bytes[..count])
        {
            if (value == 0)
            {
                return null;
            }

            node ^= value;
            if (node >= _trie.Length)
            {
                return null;
            }

            uint unit = _trie[node];
            if ((unit & 0x800000FF) != value)
            {
                return null;
            }

            node ^= Offset(unit);
            if ((unit >> 8 & 1) != 0)
            {
                return node < _trie.Length ? Target((int)(_trie[node] & 0x7FFFFFFF)) : null;
            }
        }

        return null;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 512) >> 6);

    private string? Target(int at)
    {
        if (at >= _targets.Length)
        {
            return null;
        }

        int length = _targets.AsSpan(at).IndexOf((byte)0);
        return Encoding.UTF8.GetString(_targets.AsSpan(at, length < 0 ? _targets.Length - at : length));
    }
}
