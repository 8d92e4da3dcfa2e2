using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

public sealed class WordPieceTokenizerTests
{
    private static readonly string VocabularyText = string.Join('\n', SmallWordPieces.Vocabulary) + "\n";

    public static TheoryData<string> Texts() =>
    [
        "refund my money", "Refund,the MONEY!", "freezes again", "unwanted parcel", "caf\u00e9 CAF\u00c9 cafe\u0301", "tracking \t\r\n courier", "中文", "a中b", "don't", "", "  ", "zebra",
        "freezesx", "abb ab bb", "[MASK] it", "a[SEP]b", "it\u0000was\ufffd", "the\u00a0bug", "my\u200bbug", "x" + new string('a', 120), new string('a', 100) + " bug", "👍 bug", "\ud800 bug", "!!,,''", "UNWANTED İ", "money😀bug $5 a+b", "line\u2028bug", "𠀀a",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Encode_AnyText_EqualsTheNaiveTokenizer(string text)
    {
        foreach ((bool lower, bool? strip, bool chinese) in new (bool, bool?, bool)[] { (true, null, true), (false, null, true), (true, false, true), (false, true, false) })
        {
            var tokenizer = TextTokenizer.Load(MemorySource.Of(
                ("vocab.txt", VocabularyText),
                ("tokenizer_config.json", JsonSerializer.Serialize(new { do_lower_case = lower, strip_accents = strip, tokenize_chinese_chars = chinese }))));

            int[] expected = [2, .. Naive(text, lower, strip ?? lower, chinese), 3];
            Assert.True(expected.SequenceEqual(tokenizer.Encode(text).Ids), $"lower {lower}, strip {strip}, chinese {chinese}: expected {string.Join(' ', expected)}, got {string.Join(' ', tokenizer.Encode(text).Ids)}");
        }
    }

    [Fact]
    public void Load_TokenizerJson_EncodesAsVocabTxt()
    {
        var vocabulary = SmallWordPieces.Vocabulary.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id);
        var json = JsonSerializer.Serialize(new
        {
            normalizer = new { type = "BertNormalizer", clean_text = true, handle_chinese_chars = true, strip_accents = (bool?)null, lowercase = true },
            pre_tokenizer = new { type = "BertPreTokenizer" },
            model = new { type = "WordPiece", unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100, vocab = vocabulary },
            post_processor = new { type = "BertProcessing", sep = new object[] { "[SEP]", 3 }, cls = new object[] { "[CLS]", 2 } },
            added_tokens = SmallWordPieces.Vocabulary.Take(5).Select((content, id) => new { id, content, special = true, normalized = false, lstrip = false, rstrip = false, single_word = false }),
        });
        var fromJson = TextTokenizer.Load(MemorySource.Of(("tokenizer.json", json)));
        var fromText = TextTokenizer.Load(MemorySource.Of(("vocab.txt", VocabularyText)));
        var saved = new MemorySource();
        fromJson.Save(saved.Sink());
        var again = TextTokenizer.Load(saved);

        foreach (string text in Texts())
        {
            Assert.Equal(fromText.Encode(text).Ids, fromJson.Encode(text).Ids);
            Assert.Equal(fromText.Encode(text).Ids, again.Encode(text).Ids);
        }
    }

    [Fact]
    public void Load_LineThatStandsTwice_TheLastCountsAsForTheReference()
    {
        var tokenizer = TextTokenizer.Load(MemorySource.Of(("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword\nother\nword\n")));

        Assert.Equal([2, 7, 6, 3], tokenizer.Encode("word other").Ids);
    }

    [Fact]
    public void EncodePair_TwoTexts_IsClsFirstSepSecondSep()
    {
        var tokenizer = TextTokenizer.Load(MemorySource.Of(("vocab.txt", VocabularyText)));

        EncodedPair pair = tokenizer.EncodePair("refund my money", "bug");

        Assert.Equal([2, 6, 24, 9, 3, 15, 3], pair.Ids);
        Assert.Equal(5, pair.SecondStart);
        EncodedPair cut = tokenizer.EncodePair("refund my money", "bug", maxTokens: 6);
        Assert.Equal([2, 6, 24, 3, 15, 3], cut.Ids);
        Assert.True(cut.Truncated);
        Assert.Equal([2, 6, 3], tokenizer.Encode("refund my money", 3).Ids);
    }

    [Fact]
    public void Decode_Pieces_JoinsThem()
    {
        var tokenizer = TextTokenizer.Load(MemorySource.Of(("vocab.txt", VocabularyText)));

        Assert.Equal("freezes again , unwanted [UNK]", tokenizer.Decode(tokenizer.Encode("Freezes again, unwanted zebra").Ids));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([SmallWordPieces.Vocabulary.Length]));
    }

    [Theory]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[MASK]\n", "[SEP]")]
    [InlineData("tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[PAD]\":0,\"a\":-7}}}", "-7")]
    [InlineData("tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}", "unk_token")]
    public void Load_DamagedFile_SaysWhatIsWrong(string file, string content, string said)
    {
        var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(MemorySource.Of((file, content))));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    // The published algorithm, character by character: special tokens; cleaning; case and accents; words; greedy pieces.
    private static IEnumerable<int> Naive(string text, bool lower, bool strip, bool chinese)
    {
        string[] specials = SmallWordPieces.Vocabulary[..5];
        int at = 0;
        while (at <= text.Length)
        {
            int next = specials.Select(s => text.IndexOf(s, at, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(text.Length).Min();
            foreach (int id in Words(text[at..next], lower, strip, chinese).SelectMany(Pieces))
            {
                yield return id;
            }

            if (next == text.Length)
            {
                yield break;
            }

            string special = specials.First(s => text.AsSpan(next).StartsWith(s));
            yield return Array.IndexOf(SmallWordPieces.Vocabulary, special);
            at = next + special.Length;
        }
    }

    private static List<string> Words(string text, bool lower, bool strip, bool chinese)
    {
        var clean = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool blank = rune.Value is ' ' or '\t' or '\n' or '\r' || category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator;
            bool control = !blank && (rune.Value is 0 or 0xfffd || category is UnicodeCategory.Control or UnicodeCategory.Format);
            bool ideograph = chinese && rune.Value is (>= 0x4e00 and <= 0x9fff) or (>= 0x20000 and <= 0x2a6df);
            clean.Append(control ? "" : blank ? " " : ideograph ? $" {rune} " : rune.ToString());
        }

        string normal = clean.ToString();
        normal = lower ? normal.ToLowerInvariant() : normal;
        normal = strip ? string.Concat(normal.Normalize(NormalizationForm.FormD).Where(c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)) : normal;
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (Rune rune in normal.EnumerateRunes())
        {
            bool sign = Rune.IsPunctuation(rune) || rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126);
            if (rune.Value == ' ' || sign)
            {
                words.Add(word.ToString());
                word.Clear();
                words.Add(sign ? rune.ToString() : "");
            }
            else
            {
                word.Append(rune);
            }
        }

        words.Add(word.ToString());
        return [.. words.Where(w => w.Length > 0)];
    }

    private static IEnumerable<int> Pieces(string word)
    {
        var ids = new List<int>();
        for (int from = 0; from < word.Length && word.EnumerateRunes().Count() <= 100;)
        {
            int length = word.Length - from;
            while (length > 0 && IdOf(word, from, length) < 0)
            {
                length--;
            }

            if (length == 0)
            {
                return [1];
            }

            ids.Add(IdOf(word, from, length));
            from += length;
        }

        return ids.Count == 0 ? [1] : ids;
    }

    private static int IdOf(string word, int from, int length) => Array.IndexOf(SmallWordPieces.Vocabulary, $"{(from > 0 ? "##" : "")}{word.AsSpan(from, length)}");
}
