using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

public class SentencePieceBpeTokenizerTests
{
    private static readonly string[] Texts =
    [
        "", " ", "the cat", " the  cat ", "thethethe th", "a\n\tb", "🙂 né𝒳", "\0", "\u2581", "   ", "the<s>the</s> <unk>x", "c a t", "ththe",
    ];

    public static TheoryData<string> Sources => ["tokenizer_pieces.json", "tokenizer.model", "tokenizer.json"];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Encode_EverySource_EqualsNaiveMerging(string source)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files(source));
        NaiveScoredMerges naive = SmallSentencePiece.Naive();

        Assert.All(Texts.Where(t => !t.Contains('<')), text => Assert.Equal([1, .. naive.Encode(text)], tokenizer.Encode(text).Ids));
        var random = new Random(4);
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "the ca\n"[random.Next(7)]));
            Assert.Equal([1, .. naive.Encode(text)], tokenizer.Encode(text).Ids);
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Decode_EverySource_GivesTheTextBack(string source)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files(source));

        Assert.All(Texts.Where(t => !t.Contains('<') && t != "\u2581"), text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids)));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Encode_SpecialTokensInText_AreThoseTokens(string source)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files(source));
        int[] the = tokenizer.Encode("the").Ids[1..];

        Assert.Equal([1, .. the, 2, .. the, 1], tokenizer.Encode("the</s>the<s>").Ids);
        Assert.Equal((1, 2), (tokenizer.BosTokenId, tokenizer.EosTokenId));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Save_EverySource_LoadsEqual(string source) =>
        Reloaded.AssertEqual(TextTokenizer.Load(SmallSentencePiece.Files(source)));

    [Fact]
    public void Encode_LongText_EqualsItsWholeAndStopsAtTheLimit()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.model"));
        NaiveScoredMerges naive = SmallSentencePiece.Naive();
        string text = string.Concat(Enumerable.Range(0, 1500).Select(i => i % 7 == 0 ? "the  " : i % 3 == 0 ? "cathe " : "thth"));
        int[] all = tokenizer.Encode(text).Ids;

        Assert.Equal([1, .. naive.Encode(text)], all);
        EncodedText cut = tokenizer.Encode(text, 50);
        Assert.Equal(all[..50], cut.Ids);
        Assert.True(cut.Truncated);
        Assert.False(tokenizer.Encode(text, all.Length).Truncated);
    }

    [Fact]
    public void Encode_MillionsOfCharactersWithALimit_IsTheBeginningOfTheWhole()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.model"));
        string text = string.Concat(Enumerable.Repeat("the cat ", 250_000));

        Assert.Equal(tokenizer.Encode(text).Ids.Take(8), tokenizer.Encode(text, 8).Ids);
    }

    [Fact]
    public void Encode_FourThreadsOnOneTokenizer_GiveEqualIds()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.model"));
        string[] texts = [.. Texts, .. Enumerable.Range(0, 300).Select(i => $"the {i} cat {i * i} 🙂")];
        int[][] expected = [.. texts.Select(t => tokenizer.Encode(t).Ids)];
        var results = new int[4][][];
        var threads = Enumerable.Range(0, 4).Select(n => new Thread(() => results[n] = [.. texts.Select(t => tokenizer.Encode(t).Ids)])).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Theory]
    [InlineData("always", " the", " the")]
    [InlineData("first", " the", "the")]
    [InlineData("never", "the", "the")]
    public void Encode_Metaspace_PutsItsSpaceWhereTheSchemeSays(string scheme, string first, string second)
    {
        JsonObject json = SmallSentencePiece.Json();
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = scheme, ["split"] = false };
        TextTokenizer tokenizer = TextTokenizer.Load(MemorySource.Of(("tokenizer.json", json.ToJsonString())));
        json["pre_tokenizer"]!["prepend_scheme"] = "never";
        TextTokenizer bare = TextTokenizer.Load(MemorySource.Of(("tokenizer.json", json.ToJsonString())));

        Assert.Equal([.. bare.Encode(first).Ids, 2, .. bare.Encode(second).Ids[1..]], tokenizer.Encode("the</s>the").Ids);
    }

    [Fact]
    public void Decode_UnknownId_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.model")).Decode([100000]));
}
