using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

public class TokenizerJsonTests
{
    private const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private static readonly string[] Texts = ["", " ", "the thing ' s 's", "a<|endoftext|>b<|endoftext|>", "12 1212", "  the\n\n🙂 𝒳'𝒳 é e\u0301", "\0"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_EitherSpellingOfMerges_EqualsTheFilesApart(bool pairs)
    {
        JsonObject json = TokenizerJson.ByteLevel();
        if (pairs)
        {
            json["model"]!["merges"] = new JsonArray([.. SmallBpe.Merges.Select(m => new JsonArray(m.Left, m.Right))]);
        }

        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));

        AssertEqual(SmallBpe.Load(), tokenizer);
        Assert.Equal((270, 269), (tokenizer.VocabularySize, tokenizer.EosTokenId));
        Reloaded.AssertEqual(tokenizer);
    }

    [Fact]
    public void Load_JsonAndFilesApart_PrefersJson()
    {
        MemorySource files = SmallBpe.Files();
        JsonObject json = TokenizerJson.ByteLevel();
        json["model"]!["merges"] = new JsonArray();
        files["tokenizer.json"] = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());

        Assert.Equal(3, TextTokenizer.Load(files).Encode("the").Ids.Length);
    }

    [Theory]
    [InlineData(Qwen2, "12the", new[] { "1", "2", "the" })]
    [InlineData(Qwen2, "x's(the)the", new[] { "x", "'s", "(the", ")the" })]
    [InlineData(Llama3, "1212 the", new[] { "121", "2", " the" })]
    [InlineData(Qwen2, "𝒳𝟘𠀀", new[] { "𝒳", "𝟘", "𠀀" })]
    public void Encode_SplitPattern_EqualsItsPiecesEncodedOneByOne(string pattern, string text, string[] pieces)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(WithSplit(pattern)));
        NaiveByteLevelBpe naive = SmallBpe.Naive();

        Assert.Equal(pieces.SelectMany(naive.EncodePiece), tokenizer.Encode(text).Ids);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
    }

    [Fact]
    public void Load_Qwen2TokenizerJson_EqualsItsFilesApart()
    {
        JsonObject json = WithSplit(Qwen2);
        json["normalizer"] = JsonNode.Parse("""{"type": "NFC"}""");
        MemorySource files = SmallBpe.Files();
        files["tokenizer_config.json"] = """{"tokenizer_class": "Qwen2Tokenizer"}"""u8.ToArray();

        AssertEqual(TextTokenizer.Load(files), TextTokenizer.Load(TokenizerJson.Files(json)));
    }

    [Fact]
    public void Encode_Nfc_ComposesOrdinaryTextButNotSpecialTokens()
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["normalizer"] = JsonNode.Parse("""{"type": "Sequence", "normalizers": [{"type": "NFC"}]}""");
        json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 300, "content": "<e\u0301>", "normalized": false, "special": true, "lstrip": false, "rstrip": false, "single_word": false}"""));
        json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 301, "content": "<\u00e9>", "normalized": true, "special": false, "lstrip": false, "rstrip": false, "single_word": false}"""));
        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));

        Assert.Equal(SmallBpe.Load().Encode("é\ufffeé").Ids, tokenizer.Encode("e\u0301\ufffee\u0301").Ids);
        Assert.Equal([270, 271], tokenizer.Encode("<e\u0301><\u00e9>").Ids);
        Assert.Equal([271], tokenizer.Encode("<\u00e9>").Ids);
        Assert.Equal(272, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_AddedTokensWithFlags_SwallowBlanksAndWantWordEdges()
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["added_tokens"] = new JsonArray(Token("<m>", left: true, right: true), Token("<m><m>"), Token("on", single: true), Token("<r>", right: true));
        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));
        int[] Plain(string text) => SmallBpe.Load().Encode(text).Ids;

        // The ids that the file writes count for nothing: those tokens that the vocabulary lacks get the next free ones.
        Assert.Equal([.. Plain("a"), 270, .. Plain("b")], tokenizer.Encode("a  <m>\n b").Ids);
        Assert.Equal([271], tokenizer.Encode("<m><m>").Ids);
        Assert.Equal([.. Plain("only "), 272, .. Plain(" upon")], tokenizer.Encode("only on upon").Ids);
        Assert.Equal([.. Plain("a "), 273, .. Plain("b")], tokenizer.Encode("a <r> b").Ids);

        static JsonObject Token(string content, bool left = false, bool right = false, bool single = false) => new()
        {
            ["id"] = 3000, ["content"] = content, ["lstrip"] = left, ["rstrip"] = right, ["single_word"] = single, ["normalized"] = false, ["special"] = false,
        };
    }

    [Fact]
    public void Encode_Template_PutsItsTokensAround()
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["post_processor"] = JsonNode.Parse("""
            {"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false}, {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "!", "type_id": 0}}],
             "pair": [], "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [269], "tokens": ["<|endoftext|>"]}, "!": {"id": "!", "ids": [0, 1], "tokens": ["!", "\""]}}}]}
            """);
        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));

        Assert.Equal([269, .. SmallBpe.Load().Encode("the").Ids, 0, 1], tokenizer.Encode("the").Ids);
        Assert.Equal([269, 0, 1], tokenizer.Encode("the the", 3).Ids);
        Reloaded.AssertEqual(tokenizer);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void Encode_IgnoreMerges_TakesWholePieces(bool ignore, int expected)
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["model"]!["merges"] = new JsonArray([.. SmallBpe.Merges.Where(m => m.Left != "th").Select(m => (JsonNode)$"{m.Left} {m.Right}")]);
        json["model"]!["ignore_merges"] = ignore;

        Assert.Equal(expected, TextTokenizer.Load(TokenizerJson.Files(json)).Encode("the").Ids.Length);
    }

    [Fact]
    public void Encode_DigitsThenByteLevel_CutsDigitsApart()
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["pre_tokenizer"] = JsonNode.Parse($$"""{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, {{TokenizerJson.ByteLevelStep}}]}""");
        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));
        NaiveByteLevelBpe naive = SmallBpe.Naive();

        Assert.Equal(((string[])["the", " ", "1", "2", " the"]).SelectMany(naive.EncodePiece), tokenizer.Encode("the 12 the").Ids);
    }

    [Fact]
    public void Encode_NoRegexAndPrefixSpace_TakesTheWholeTextAsOnePiece()
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["pre_tokenizer"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": false}""");

        Assert.Equal(SmallBpe.Naive().EncodePiece(" thing 12the"), TextTokenizer.Load(TokenizerJson.Files(json)).Encode("thing 12the").Ids);
    }

    [Theory]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a", -1.0]], "unk_id": 4}""", "has 1 pieces")]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a"]]}""", "its text and its score")]
    [InlineData("model", """{"type": "WordPiece", "vocab": {"a": 0}}""", "unk_token")]
    [InlineData("model", """{"type": "Characters", "vocab": {"a": 0}}""", "no model Characters")]
    [InlineData("model", """{"vocab": {"a": 0}}""", "unk_token")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]}""", "lacks")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 2}""", "from 0 to 1")]
    [InlineData("model", """{"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}""", "twice")]
    [InlineData("model", "[]", "must be an object")]
    [InlineData("pre_tokenizer", """{"type": "Words"}""", "no pre-tokenizer Words")]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel", "add_prefix_space": true}""", "trim_offsets")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "ab"}""", "one character")]
    [InlineData("pre_tokenizer", """{"type": "Split", "behavior": "removed", "invert": false, "pattern": {"String": " "}}""", "removed")]
    [InlineData("pre_tokenizer", """{"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex": "a++(?<"}}""", "pattern cannot be read")]
    [InlineData("pre_tokenizer", """{"type": "Split", "behavior": "Isolated", "invert": false, "pattern": {"Regex": "(a)\\g<1>"}}""", "calls of groups")]
    [InlineData("normalizer", """{"type": "Upper"}""", "no normalizer Upper")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "AAAA"}""", "character map")]
    [InlineData("normalizer", "7", "must be an object")]
    [InlineData("post_processor", """{"type": "BertProcessing"}""", "sep")]
    [InlineData("post_processor", """{"type": "TemplateProcessing", "single": [], "special_tokens": {}}""", "pair")]
    [InlineData("post_processor", """{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "C", "type_id": 0}}], "pair": [], "special_tokens": {}}""", "Sequence A")]
    [InlineData("decoder", """{"type": "ByteLevel"}""", "add_prefix_space")]
    [InlineData("truncation", """{"max_length": 3, "strategy": "longest", "stride": 0}""", "LongestFirst")]
    [InlineData("padding", """{"strategy": "Longest"}""", "BatchLongest")]
    [InlineData("added_tokens", """[{"id": -1, "content": "<x>"}]""", "-1")]
    [InlineData("added_tokens", """[{"id": 900, "content": "<x>"}]""", "lacks \"special\"")]
    [InlineData("added_tokens", """[{"content": "<x>"}]""", "lacks \"id\"")]
    [InlineData("extra", "1", "no such field")]
    [InlineData("version", "\"2.0\"", "must be 1.0")]
    public void Load_UnusablePart_SaysWhichFileAndWhat(string part, string value, string expected)
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json[part] = JsonNode.Parse(value);

        var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(TokenizerJson.Files(json)));

        Assert.Equal("memory/tokenizer.json", error.File);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static JsonObject WithSplit(string pattern)
    {
        JsonObject json = TokenizerJson.ByteLevel();
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                JsonNode.Parse(TokenizerJson.ByteLevelStep.Replace("\"use_regex\": true", "\"use_regex\": false"))),
        };
        return json;
    }

    private static void AssertEqual(TextTokenizer expected, TextTokenizer actual) =>
        Assert.All(Texts, text => Assert.Equal(expected.Encode(text).Ids, actual.Encode(text).Ids));
}
