using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace MLNet.Dispersion.Text;

/// <summary>Cuts text into pieces with regular expressions that see code points, as other languages' engines do, instead of UTF-16 units.</summary>
/// <remarks>
/// .NET's <c>\p{L}</c> and <c>\p{N}</c> call both halves of an astral letter or digit a symbol. So the patterns are matched on a copy of the
/// text in which one BMP character of the same class stands in for each astral code point, and the cuts are carried over.
/// Each pattern cuts the pieces that the one before it left; what lies between its matches is a piece, too.
/// </remarks>
internal sealed class CodePointPreTokenizer : PreTokenizer
{
    private const char Letter = '\u4e00';
    private const char Number = '\u0660';
    private const char Mark = '\u0301';
    private const char Other = '\u2603';
    private readonly IReadOnlyList<Regex> _patterns;

    internal CodePointPreTokenizer(IReadOnlyList<Regex> patterns) => _patterns = patterns;

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            return Cut(text, stage: 0);
        }

        string standIn = StandIn(text, out int[] starts);
        return Cut(standIn, stage: 0).Select(p => (starts[p.Offset], starts[p.Offset + p.Length] - starts[p.Offset]));
    }

    private IEnumerable<(int Offset, int Length)> Cut(string text, int stage)
    {
        if (stage == _patterns.Count)
        {
            return text.Length == 0 ? [] : [(0, text.Length)];
        }

        IEnumerable<(int Offset, int Length)> pieces = CutBy(_patterns[stage], text);
        return stage + 1 == _patterns.Count
            ? pieces
            : pieces.SelectMany(p => Cut(text.Substring(p.Offset, p.Length), stage + 1), (p, q) => (p.Offset + q.Offset, q.Length));
    }

    private static IEnumerable<(int Offset, int Length)> CutBy(Regex pattern, string text)
    {
        int done = 0;
        for (Match match = pattern.Match(text); match.Success; match = match.NextMatch())
        {
            if (match.Index > done)
            {
                yield return (done, match.Index - done);
            }

            if (match.Length > 0)
            {
                yield return (match.Index, match.Length);
            }

            done = match.Index + match.Length;
        }

        if (done < text.Length)
        {
            yield return (done, text.Length - done);
        }
    }

    private static string StandIn(string text, out int[] starts)
    {
        var copy = new StringBuilder(text.Length);
        var offsets = new List<int>(text.Length + 1);
        int offset = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            offsets.Add(offset);
            offset += rune.Utf16SequenceLength;
            copy.Append(rune.IsBmp ? (char)rune.Value : SameClass(rune));
        }

        offsets.Add(offset);
        starts = [.. offsets];
        return copy.ToString();
    }

    private static char SameClass(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        _ when Rune.IsLetter(rune) => Letter,
        _ when Rune.IsNumber(rune) => Number,
        System.Globalization.UnicodeCategory.NonSpacingMark
            or System.Globalization.UnicodeCategory.SpacingCombiningMark
            or System.Globalization.UnicodeCategory.EnclosingMark => Mark,
        _ => Other,
    };
}
