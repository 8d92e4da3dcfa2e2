using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Text;

/// <summary>Makes the public form of rows.</summary>
internal static class TextEncodings
{
    /// <summary>Makes it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="textOf">The text of an id.</param>
    /// <param name="texts">The original texts by sequence, each whole or in words.</param>
    internal static TextEncoding Of(TokenRow row, Func<int, string?> textOf, IReadOnlyList<CodePointMaps> texts)
    {
        int count = row.Count;
        var ids = new int[count];
        var pieces = new string[count];
        var offsets = new TextRange[count];
        var codePointOffsets = new TextRange[count];
        var types = new int[count];
        var special = new bool[count];
        var attention = new bool[count];
        var words = new int?[count];
        var sequences = new int?[count];
        int[] marks = row.SequenceOfTokens();
        ReadOnlySpan<TokenEntry> tokens = CollectionsMarshal.AsSpan(row.Tokens);
        for (int i = 0; i < tokens.Length; i++)
        {
            ref readonly TokenEntry token = ref tokens[i];
            ids[i] = token.Id;
            pieces[i] = token.Text ?? textOf(token.Id) ?? "";
            codePointOffsets[i] = new TextRange(token.Start, token.End);
            offsets[i] = token.Sequence < 0 ? codePointOffsets[i] : texts[token.Sequence].UnitsOf(token);
            types[i] = token.TypeId;
            special[i] = token.Added;
            attention[i] = !token.Padding;
            words[i] = token.Word < 0 ? null : token.Word;
            sequences[i] = marks[i] < 0 ? null : marks[i];
        }

        return new TextEncoding
        {
            Ids = ids,
            Tokens = pieces,
            Offsets = offsets,
            CodePointOffsets = codePointOffsets,
            TypeIds = types,
            SpecialTokensMask = special,
            AttentionMask = attention,
            WordIds = words,
            SequenceIds = sequences,
            Overflowing = [.. row.Overflowing.Select(part => Of(part, textOf, texts))],
        };
    }
}

/// <summary>Counts places of a text in code points and back. Immutable.</summary>
internal readonly struct CodePointMap
{
    private readonly int[]? _codePoints;

    private CodePointMap(int[]? codePoints) => _codePoints = codePoints;

    /// <summary>Of a text.</summary>
    internal static CodePointMap Of(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            return default;
        }

        var map = new int[text.Length + 1];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            map[i] = count;
            if (!char.IsHighSurrogate(text[i]))
            {
                count++;
            }
        }

        map[^1] = count;
        return new CodePointMap(map);
    }

    /// <summary>The code points before a unit.</summary>
    internal int ToCodePoints(int unit) => _codePoints is null ? unit : unit < _codePoints.Length ? _codePoints[unit] : _codePoints[^1] + unit - _codePoints.Length + 1;

    /// <summary>The units before a code point.</summary>
    internal int ToUnits(int codePoint)
    {
        if (_codePoints is null || codePoint >= _codePoints[^1])
        {
            return _codePoints is null ? codePoint : codePoint - _codePoints[^1] + _codePoints.Length - 1;
        }

        int at = Array.BinarySearch(_codePoints, codePoint);
        return at > 0 && _codePoints[at - 1] == codePoint ? at - 1 : at;
    }
}

/// <summary>The maps of a text, or of its words.</summary>
internal sealed class CodePointMaps
{
    private readonly CodePointMap[] _maps;
    private readonly bool _words;

    private CodePointMaps(CodePointMap[] maps, bool words)
    {
        _maps = maps;
        _words = words;
    }

    /// <summary>Of a whole text.</summary>
    internal static CodePointMaps OfText(string text) => new([CodePointMap.Of(text)], words: false);

    /// <summary>Of words, each with places of its own.</summary>
    internal static CodePointMaps OfWords(IEnumerable<string> words) => new([.. words.Select(CodePointMap.Of)], words: true);

    /// <summary>The range of a token in UTF-16 units.</summary>
    internal TextRange UnitsOf(in TokenEntry token)
    {
        CodePointMap map = _maps[_words ? token.Word : 0];
        return new TextRange(map.ToUnits(token.Start), map.ToUnits(token.End));
    }
}

/// <summary>Counts places of a text in bytes of UTF-8.</summary>
internal static class Utf8Places
{
    /// <summary>A range of bytes in code points; the range itself where it begins behind the text.</summary>
    internal static (int Start, int End) ToCodePoints(string text, int start, int end)
    {
        int? first = CodePointOf(text, start);
        return first is null ? (start, end) : (first.Value, CodePointOf(text, end) ?? (CodePointOf(text, end - 1) ?? first.Value + 1) + 1);
    }

    private static int? CodePointOf(string text, int target)
    {
        int count = 0;
        int bytes = 0;
        for (int i = 0; i < text.Length; i += CodePoints.LengthAt(text, i))
        {
            bytes += CodePoints.Utf8Length(CodePoints.At(text, i));
            if (target < bytes)
            {
                return count;
            }

            count++;
        }

        return null;
    }
}
