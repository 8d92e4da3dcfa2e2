namespace MLNet.Dispersion.Text;

/// <summary>Looks for texts in texts in linear time, whatever they are.</summary>
internal static class TextSearch
{
    private const int Short = 16;

    /// <summary>The first place from <paramref name="from"/> on, or -1.</summary>
    internal static int IndexOf(string text, string part, int from, JinjaMeter meter)
    {
        if (part.Length == 0 || part.Length > text.Length - from)
        {
            return part.Length == 0 && from <= text.Length ? from : -1;
        }

        if (part.Length <= Short)
        {
            int at = text.IndexOf(part, from, StringComparison.Ordinal);
            meter.Read((at < 0 ? text.Length : at) - from);
            return at;
        }

        int found = Scan(text.AsSpan(from), part, reversed: false);
        meter.Read((found < 0 ? text.Length - from : found) + (part.Length * 2));
        return found < 0 ? -1 : from + found;
    }

    /// <summary>The last place that ends at or before <paramref name="end"/>, or -1.</summary>
    internal static int LastIndexOf(string text, string part, int end, JinjaMeter meter)
    {
        if (part.Length == 0 || part.Length > end)
        {
            return part.Length == 0 ? end : -1;
        }

        ReadOnlySpan<char> span = text.AsSpan(0, end);
        if (part.Length <= Short)
        {
            int at = span.LastIndexOf(part, StringComparison.Ordinal);
            meter.Read(end - Math.Max(at, 0));
            return at;
        }

        int found = Scan(span, part, reversed: true);
        meter.Read((found < 0 ? end : found) + (part.Length * 2));
        return found < 0 ? -1 : end - found - part.Length;
    }

    /// <summary>The places of a part, one behind the other.</summary>
    internal static IEnumerable<int> Places(string text, string part, JinjaMeter meter)
    {
        for (int at = IndexOf(text, part, 0, meter); at >= 0; at = IndexOf(text, part, at + part.Length, meter))
        {
            yield return at;
        }
    }

    // Knuth, Morris and Pratt: where the part could begin again is known after each mismatch.
    private static int Scan(ReadOnlySpan<char> text, string part, bool reversed)
    {
        char Of(int i) => reversed ? part[part.Length - 1 - i] : part[i];
        int[] border = new int[part.Length];
        for (int i = 1, length = 0; i < part.Length; i++)
        {
            while (length > 0 && Of(i) != Of(length))
            {
                length = border[length - 1];
            }

            length += Of(i) == Of(length) ? 1 : 0;
            border[i] = length;
        }

        for (int i = 0, matched = 0; i < text.Length; i++)
        {
            char c = reversed ? text[text.Length - 1 - i] : text[i];
            while (matched > 0 && c != Of(matched))
            {
                matched = border[matched - 1];
            }

            matched += c == Of(matched) ? 1 : 0;
            if (matched == part.Length)
            {
                return i - matched + 1;
            }
        }

        return -1;
    }
}
