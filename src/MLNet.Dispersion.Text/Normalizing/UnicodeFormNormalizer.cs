using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>One of Unicode's four normalization forms, with the alignment that the reference gives: decompose, order by combining class, compose.</summary>
internal sealed class UnicodeFormNormalizer : TextNormalizer
{
    private readonly int[]?[]?[] _decompositions = new int[]?[]?[0x1100];
    private readonly NormalizationForm _decomposed;
    private readonly bool _composes;
    private readonly char _firstToChange;

    /// <param name="form">The form.</param>
    /// <exception cref="PlatformNotSupportedException">This process runs without Unicode data.</exception>
    internal UnicodeFormNormalizer(NormalizationForm form)
    {
        UnicodeNormalization.Require();
        _composes = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        bool compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        _decomposed = compatible ? NormalizationForm.FormKD : NormalizationForm.FormD;
        _firstToChange = compatible ? '\u00a0' : _composes ? '\u0300' : '\u00c0';
    }

    /// <inheritdoc/>
    internal override AlignedText Normalize(AlignedText text) =>
        text.Span.ContainsAnyExceptInRange('\0', (char)(_firstToChange - 1)) ? text.Transform(_composes ? Composed(Decomposed(text)) : Decomposed(text)) : text;

    /// <summary>The code points apart, marks in their canonical order.</summary>
    private List<(int CodePoint, int Change)> Decomposed(AlignedText text)
    {
        ReadOnlySpan<char> units = text.Span;
        var result = new List<(int CodePoint, int Change)>(units.Length + 8);
        int sorted = 0;
        for (int i = 0; i < units.Length; i += CodePoints.LengthAt(units, i))
        {
            int codePoint = CodePoints.At(units, i);
            if (Decomposition(codePoint) is not { } parts)
            {
                Push(codePoint, 0);
                continue;
            }

            for (int p = 0; p < parts.Length; p++)
            {
                Push(parts[p], p == 0 ? 0 : 1);
            }
        }

        Sort();
        return result;

        void Push(int codePoint, int change)
        {
            if (UnicodeProperties.CombiningClass(codePoint) == 0)
            {
                Sort();
                sorted = result.Count + 1;
            }

            result.Add((codePoint, change));
        }

        void Sort()
        {
            if (result.Count - sorted > 1)
            {
                (int CodePoint, int Change)[] marks = [.. result.Skip(sorted).OrderBy(mark => UnicodeProperties.CombiningClass(mark.CodePoint))];
                result.RemoveRange(sorted, result.Count - sorted);
                result.AddRange(marks);
            }

            sorted = result.Count;
        }
    }

    private static List<(int CodePoint, int Change)> Composed(List<(int CodePoint, int Change)> parts)
    {
        var result = new List<(int CodePoint, int Change)>(parts.Count);
        int starter = -1;
        int lastClass = -1;
        foreach ((int codePoint, int change) in parts)
        {
            int combiningClass = UnicodeProperties.CombiningClass(codePoint);
            if (starter >= 0 && lastClass < combiningClass && CanonicalPairs.Compose(result[starter].CodePoint, codePoint) is { } composed)
            {
                result[starter] = (composed, result[starter].Change + change - 1);
                continue;
            }

            if (combiningClass == 0)
            {
                starter = result.Count;
                lastClass = -1;
            }
            else
            {
                lastClass = combiningClass;
            }

            result.Add((codePoint, change));
        }

        return result;
    }

    private int[]? Decomposition(int codePoint)
    {
        if (!UnicodeProperties.Decomposed.Contains(codePoint))
        {
            return null;
        }

        int[]?[] page = _decompositions[codePoint >> 8] ??= new int[]?[256];
        int[] parts = page[codePoint & 255] ??= Decompose(codePoint);
        return parts.Length == 1 && parts[0] == codePoint ? null : parts;
    }

    private int[] Decompose(int codePoint)
    {
        try
        {
            return [.. char.ConvertFromUtf32(codePoint).Normalize(_decomposed).EnumerateRunes().Select(rune => rune.Value)];
        }
        catch (ArgumentException)
        {
            // What .NET refuses to normalize, such as U+FFFE, stands for itself.
            return [codePoint];
        }
    }
}

/// <summary>Which two code points compose to one. Thread-safe.</summary>
internal static class CanonicalPairs
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<long, int> Known = new();

    /// <summary>What a pair composes to, or null.</summary>
    internal static int? Compose(int first, int second)
    {
        if (second < 0x300)
        {
            return null;
        }

        int composed = Known.Count < 100_000 ? Known.GetOrAdd(((long)first << 32) | (uint)second, Find) : Find(((long)first << 32) | (uint)second);
        return composed >= 0 ? composed : null;
    }

    private static int Find(long pair)
    {
        try
        {
            string text = char.ConvertFromUtf32((int)(pair >> 32)) + char.ConvertFromUtf32((int)(pair & 0xFFFFFFFF));
            string composed = text.Normalize(NormalizationForm.FormC);
            return CodePoints.LengthAt(composed, 0) == composed.Length && UnicodeProperties.Decomposed.Contains(CodePoints.At(composed, 0)) ? CodePoints.At(composed, 0) : -1;
        }
        catch (ArgumentException)
        {
            return -1;
        }
    }
}
