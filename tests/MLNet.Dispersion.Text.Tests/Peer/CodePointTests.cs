using System.Globalization;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Every code point through every step that looks at single ones, here and in Hugging Face's own library.</summary>
public sealed class CodePointTests
{
    private const int MostTold = 40;

    [SkippableFact]
    [Trait("Category", "Long")]
    public void EveryCodePoint_CutAndRewritten_IsWhatTheNodeBindingMakesOfIt()
    {
        (string Name, TextCutter Cutter)[] cutters =
        [
            ("Punctuation", Cutter("""{"type": "Punctuation", "behavior": "Isolated"}""")), ("Digits", Cutter("""{"type": "Digits", "individual_digits": true}""")),
            ("Whitespace", new WhitespaceCutter()), ("WhitespaceSplit", Cutter("""{"type": "WhitespaceSplit"}""")), ("BertPreTokenizer", new BertCutter()),
        ];
        (string Name, TextNormalizer Normalizer)[] normalizers =
        [
            ("clean_text", Bert(cleanText: true, chineseApart: false, accents: false)), ("handle_chinese_chars", Bert(cleanText: false, chineseApart: true, accents: false)), ("strip_accents", Bert(cleanText: false, chineseApart: false, accents: true)),
            .. ((string[])["Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Nmt"]).Select(type => (type, NormalizerReader.Read(Field($$"""{"type": "{{type}}"}""")))),
        ];
        var differences = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (string line in PeerProcess.CodePointLines())
        {
            string[] fields = line.Split('|');
            int codePoint = int.Parse(fields[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            string text = $"a{char.ConvertFromUtf32(codePoint)}b";
            for (int i = 0; i < cutters.Length; i++)
            {
                var pieces = new List<AlignedText>();
                cutters[i].Cutter.Cut(new AlignedText(text), pieces);
                Note(cutters[i].Name, pieces.Count == fields[1][i] - '0', codePoint);
            }

            string pair = $"!{char.ConvertFromUtf32(codePoint)}{char.ConvertFromUtf32(codePoint is 0xD7FF or 0x10FFFF ? codePoint : codePoint + 1)}";
            var scripts = new List<AlignedText>();
            new ScriptCutter().Cut(new AlignedText(pair), scripts);
            Note("UnicodeScripts", fields[^1] == string.Concat(scripts.Select(piece => piece.ToString().EnumerateRunes().Count())), codePoint);

            for (int i = 0; i < normalizers.Length; i++)
            {
                string result = normalizers[i].Normalizer.Normalize(text);
                Note(normalizers[i].Name, fields[2 + i] == "=" ? result == text : fields[2 + i] == string.Join(' ', result.EnumerateRunes().Select(rune => rune.Value.ToString("x", CultureInfo.InvariantCulture))), codePoint);
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences.Select(d => $"{d.Key}: {d.Value.Count} code points differ: {string.Join(' ', Ranges(d.Value).Take(MostTold))}")));

        void Note(string step, bool equal, int codePoint)
        {
            if (!equal)
            {
                if (!differences.TryGetValue(step, out List<int>? list))
                {
                    differences[step] = list = [];
                }

                list.Add(codePoint);
            }
        }
    }

    private static IEnumerable<string> Ranges(List<int> codePoints)
    {
        for (int i = 0; i < codePoints.Count;)
        {
            int first = i;
            while (++i < codePoints.Count && codePoints[i] == codePoints[i - 1] + 1)
            {
            }

            yield return i - first == 1 ? $"{codePoints[first]:x}" : $"{codePoints[first]:x}-{codePoints[i - 1]:x}";
        }
    }

    private static TextCutter Cutter(string json) => CutterReader.Read(Field(json));

    private static TextNormalizer Bert(bool cleanText, bool chineseApart, bool accents) => BertNormalizer.Create(cleanText, chineseApart, accents, lowerCase: false);

    private static JsonField Field(string json) => JsonField.Parse(System.Text.Encoding.UTF8.GetBytes(json), "step");
}
