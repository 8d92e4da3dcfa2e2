using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Makes texts of words, scripts, emoji, controls, marks, blanks, added tokens and any code points. Equal seeds give equal texts.</summary>
internal sealed class RandomTexts(int seed, IReadOnlyList<string> addedTokens)
{
    private static readonly string[] Atoms =
    [
        "the", "The", "ing", "hello", "Hello", "WORLD", "world", "don't", "I'LL", "it's", "'s", "naïve", "na\u0131ve", "straße", "STRASSE", "İstanbul", "e\u0301", "e\u0301\u0323", "ﬁ", "①", "Ⅳ", "ａｂｃ", "ﾊﾟ",
        "привет", "Мир", "Ελλάς", "ΣΑΣ", "中", "中文", "日本語", "カタカナ", "ー", "ひら", "العربية", "שלום", "हिन्दी", "क्ष", "ไทย", "한국어", "한", "ქართ", "Ꭰ", "ᛏ",
        "😀", "👩‍👩‍👧", "🇩🇪", "👍🏽", "❤️", "𝒳", "𝟘", "𠮷",
        "0", "1", "12", "123", "1234", "٣", "४", "²", "½", "3.14", "1,000",
        " ", " ", " ", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\u00a0", "\u3000", "\u2028", "\u0085", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u180e", "\u1680", "\u0000", "\u0007", "\u001c", "\u007f", "\ufffd", "\ufffe", "\ue000", "\u0378",
        ".", ",", "!", "?", "-", "_", "'", "\"", "(", ")", "[", "]", "##", "$", "+", "<", ">", "=", "^", "`", "|", "~", "…", "—", "«", "»", "。", "、", "¿", "€", "▁", "▁▁", "Ġ", "Ċ", "<0x41>", "</w>",
        "\u0301", "\u0327", "\u0323\u0301", "\u20dd", "\u093e", "a", "b", "A", "B", "x", "ab", "abab", "mississippi", "aaaa",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next text.</summary>
    public string Next()
    {
        var text = new StringBuilder();
        int count = _random.Next(1, 14);
        for (int i = 0; i < count; i++)
        {
            int kind = _random.Next(20);
            text.Append(
                kind < 15 ? Atoms[_random.Next(Atoms.Length)]
                : kind < 17 && addedTokens.Count > 0 ? addedTokens[_random.Next(addedTokens.Count)]
                : kind < 18 ? new string((char)_random.Next(32, 127), _random.Next(1, 4))
                : Any());
        }

        return text.ToString();
    }

    private string Any()
    {
        // All planes, the first ones more often; no surrogates by themselves.
        int codePoint = _random.Next(4) switch
        {
            0 => _random.Next(0x250),
            1 => _random.Next(0x3000),
            2 => _random.Next(0xD800),
            _ => _random.Next(0xE000, 0x110000),
        };
        return new Rune(codePoint).ToString();
    }
}
