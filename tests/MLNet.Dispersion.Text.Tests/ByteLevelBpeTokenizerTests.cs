using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

public class ByteLevelBpeTokenizerTests
{
    private const string EndOfText = "<|endoftext|>";

    private static readonly string[] Awkward =
    [
        "", " ", "   ", "\n", "a\u0000b", "\u0001\u001c", "🙂🚀 👩‍👩‍👧", "a𝒳b 𝟘𝟙 𠀀。x 𐍈!", "𝒳's 'll", "it's we'Ve CAN'T", "\u00a0nbsp\u3000\u2028x\u0085y",
        "  two  blanks ", "tabs\t\tand\r\n\r\nlines", "e\u0301 à", "12345 3.14e-10 ½²Ⅷ", "ĠHello Ċ", "\U00011a01\U0001D165 marks",
    ];

    public static TheoryData<string> AwkwardTexts => [.. Awkward];

    [Theory]
    [MemberData(nameof(AwkwardTexts))]
    public void Encode_AwkwardText_EqualsNaiveEncoderAndDecodesBack(string text)
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();

        Assert.Equal(SmallBpe.Naive().Encode(text), tokenizer.Encode(text).Ids);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
    }

    [Fact]
    public void Encode_RandomMixtures_EqualNaiveEncoder()
    {
        string[] atoms = ["a", "the", " ", "1", "9", "!", "'s", "\n", "é", "中", "𝒳", "𝟘", "😀", "𠀀", "\u00a0", ".", "  ", "'LL", "\u0301", "²", "Ⅷ", "\t", "\U0001D165"];
        var random = new Random(5);
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();
        NaiveByteLevelBpe naive = SmallBpe.Naive();
        for (int i = 0; i < 3000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => atoms[random.Next(atoms.Length)]));
            Assert.Equal(naive.Encode(text), tokenizer.Encode(text).Ids);
        }
    }

    [Fact]
    public void Encode_Null_IsEmpty() => Assert.Empty(SmallBpe.Load().Encode(null).Ids);

    [Fact]
    public void Encode_LoneSurrogates_CountAsReplacementCharacters()
    {
        // Not theory data: attributes are stored as UTF-8, which has no lone surrogates.
        (string Text, string Repaired)[] cases =
        [
            ("\ud800 lone", "\ufffd lone"), ("end \udc00", "end \ufffd"), ("\udc00\ud800", "\ufffd\ufffd"), ("\ud83d\ude42\ud83d", "🙂\ufffd"),
        ];
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();

        Assert.All(cases, c =>
        {
            Assert.Equal(tokenizer.Encode(c.Repaired).Ids, tokenizer.Encode(c.Text).Ids);
            Assert.Equal(c.Repaired, tokenizer.Decode(tokenizer.Encode(c.Text).Ids));
        });
    }

    [Fact]
    public void Encode_SpecialTokenInText_IsThatToken()
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();
        int end = tokenizer.EosTokenId!.Value;

        int[] ids = tokenizer.Encode($"the{EndOfText}{EndOfText} then").Ids;

        Assert.Equal([.. tokenizer.Encode("the").Ids, end, end, .. tokenizer.Encode(" then").Ids], ids);
        Assert.DoesNotContain(end, tokenizer.Encode("<|endoftext|").Ids);
    }

    [Fact]
    public void Encode_EveryLimit_GivesTheFirstIdsAndSaysSo()
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();
        const string Text = "the theme  of<|endoftext|> it 🙂 hh";
        int[] all = tokenizer.Encode(Text).Ids;
        for (int limit = 1; limit <= all.Length + 1; limit++)
        {
            EncodedText cut = tokenizer.Encode(Text, limit);
            Assert.Equal(all.Take(limit), cut.Ids);
            Assert.Equal(limit < all.Length, cut.Truncated);
        }
    }

    [Fact]
    public void Encode_LimitBelowOne_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallBpe.Load().Encode("a", 0));

    [Fact]
    public void Encode_LongUnbrokenPiece_IsMergedAsAWhole()
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();
        string text = string.Concat(Enumerable.Range(0, 3000).Select(i => (i * i % 7) switch { 0 => "the", 1 => "h", 2 => "ing", 4 => "t", _ => "in" }));

        Assert.Equal(SmallBpe.Naive().Encode(text), tokenizer.Encode(text).Ids);
    }

    [Fact]
    public void Encode_AstralLettersInARow_AreNotTornApart()
    {
        string text = new string('a', 4095) + "𝒳𝒳𝒳";
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
    }

    [Fact]
    public void Encode_MillionUnbrokenCharactersWithALimit_IsTheBeginningOfTheWhole()
    {
        string text = string.Concat(Enumerable.Range(0, 1_000_000).Select(i => (char)('a' + (i * (long)i % 26))));
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();

        EncodedText cut = tokenizer.Encode(text, 16);

        Assert.Equal(tokenizer.Encode(text).Ids.Take(16), cut.Ids);
        Assert.True(cut.Truncated);
    }

    [Fact]
    public void Decode_HalfACharacter_GivesReplacementCharacter()
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();

        Assert.Equal("a\ufffd", tokenizer.Decode([.. tokenizer.Encode("a").Ids, tokenizer.Encode("à").Ids[0]]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void Decode_UnknownId_Throws(int id) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SmallBpe.Load().Decode([id]));

    [Fact]
    public void Encode_FourThreadsOnOneTokenizer_GiveEqualIds()
    {
        ByteLevelBpeTokenizer tokenizer = SmallBpe.Load();
        string[] texts = [.. Awkward, .. Enumerable.Range(0, 500).Select(i => $"the {i} themes of {i * i} 🙂{i}")];
        int[][] expected = [.. texts.Select(t => SmallBpe.Load().Encode(t).Ids)];
        var results = new int[4][][];
        var threads = Enumerable.Range(0, 4).Select(n => new Thread(() => results[n] = [.. texts.Select(t => tokenizer.Encode(t).Ids)])).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void Encode_PrefixSpaceAsked_PutsOneBeforeEachStretch()
    {
        MemorySource files = SmallBpe.Files();
        ByteLevelBpeTokenizer plain = SmallBpe.Load();
        files["tokenizer_config.json"] = Encoding.UTF8.GetBytes("""{"add_prefix_space": true, "eos_token": "<|endoftext|>"}""");
        TextTokenizer tokenizer = TextTokenizer.Load(files);

        Assert.Equal(plain.Encode(" the<|endoftext|> the").Ids, tokenizer.Encode("the<|endoftext|>the").Ids);
        Assert.Equal(plain.Encode(" the").Ids, tokenizer.Encode(" the").Ids);
    }

    [Fact]
    public void Encode_BeginningAndEndAsked_CountThemIntoTheLimit()
    {
        MemorySource files = SmallBpe.Files();
        files["tokenizer_config.json"] = Encoding.UTF8.GetBytes("""{"add_bos_token": true, "add_eos_token": true, "bos_token": "<|endoftext|>", "eos_token": {"__type": "AddedToken", "content": "!"}}""");
        TextTokenizer tokenizer = TextTokenizer.Load(files);
        int bos = tokenizer.BosTokenId!.Value;
        int eos = tokenizer.EosTokenId!.Value;
        int[] inner = SmallBpe.Load().Encode("hot thing").Ids;

        Assert.Equal([bos, .. inner, eos], tokenizer.Encode("hot thing").Ids);
        Assert.Equal([bos, eos], tokenizer.Encode("").Ids);
        Assert.Equal([bos, inner[0], eos], tokenizer.Encode("hot thing", 3).Ids);
        EncodedText one = tokenizer.Encode("hot thing", 1);
        Assert.Equal([bos], one.Ids);
        Assert.True(one.Truncated);
    }
}
