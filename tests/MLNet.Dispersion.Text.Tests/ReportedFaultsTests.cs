using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>What users of other libraries reported: each with the ids that Hugging Face's own library gives.</summary>
public sealed class ReportedFaultsTests
{
    private const string Legacy = """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""";
    private const string BeginTemplate = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}""";
    private const string ClsSep = """{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}""";

    [Theory]
    [InlineData("true", "false", new[] { 256, 97 })]
    [InlineData("true", "true", new[] { 256, 97, 257 })]
    [InlineData("false", "true", new[] { 97, 257 })]
    public void Encode_LlamaClassOverByteLevel_FramesAsTheFlagsSay(string begin, string end, int[] expected)
    {
        MemorySource files = ByteLevel(added: [Token("<bos>"), Token("<eos>")]);
        files["tokenizer_config.json"] = System.Text.Encoding.UTF8.GetBytes($$"""{"tokenizer_class":"LlamaTokenizerFast","bos_token":"<bos>","eos_token":"<eos>","add_bos_token":{{begin}},"add_eos_token":{{end}} }""");

        Assert.Equal(expected, TextTokenizer.Load(files).Encode("a").Ids);
    }

    [Fact]
    public void Encode_LlamaClassWithATemplate_FramesAsTheFlagsSay()
    {
        MemorySource files = Sentence(Legacy, "null", postProcessor: BeginTemplate);
        files["tokenizer_config.json"] = """{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>","add_bos_token":false,"add_eos_token":true}"""u8.ToArray();

        Assert.Equal([259, 260, 2], TextTokenizer.Load(files).Encode("a").Ids);
    }

    [Fact]
    public void Encode_TokensAddedToWordPieces_AreThoseTokens()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(WordPiece(["[", "]", "e", "##1", "hello"], [Token("[CLS]"), Token("[SEP]"), Token("[E1]"), Token("new_word", special: false, normalized: true)]));
        Assert.Equal([2, 10, 9, 3], tokenizer.Encode("[E1] hello").Ids);
        Assert.Equal([2, 11, 3], tokenizer.Encode("new_word").Ids);
        Assert.Equal(12, tokenizer.VocabularySize);

        TextTokenizer plain = TextTokenizer.Load(MemorySource.Of(
            ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[\n]\ne\n##1\nhello\n"), ("added_tokens.json", """{"[E1]":10}"""),
            ("tokenizer_config.json", """{"do_lower_case":true,"added_tokens_decoder":{"10":{"content":"[E1]","special":true}},"additional_special_tokens":["[E1]"]}""")));
        Assert.Equal([2, 10, 9, 3], plain.Encode("[E1] hello").Ids);
    }

    [Fact]
    public void Encode_NormalizedAddedTokens_AreLookedForNormalized()
    {
        TextTokenizer sentence = TextTokenizer.Load(Sentence(Legacy, "null", [Token("tok", special: false, normalized: true)]));
        Assert.Equal([259, 260, 287, 259, 261], sentence.Encode("a tok b").Ids);
        Assert.Equal([259, 260, 279, 274, 270, 261], sentence.Encode("atokb").Ids);
        Assert.Equal([287], sentence.Encode("tok").Ids);

        TextTokenizer composed = TextTokenizer.Load(ByteLevel(added: [Token("cafe\u0301", special: false, normalized: true)], normalizer: """{"type":"NFC"}"""));
        Assert.Equal([256], composed.Encode("cafe\u0301").Ids);
        Assert.Equal([256], composed.Encode("caf\u00e9").Ids);
    }

    [Theory]
    [InlineData("always")]
    [InlineData("first")]
    public void Encode_MetaspaceBeforeABlank_PutsNoSecondOne(string scheme)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(Sentence("null", $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":false}"""));

        Assert.Equal([259, 260], tokenizer.Encode(" a").Ids);
        Assert.Equal([286, 260], tokenizer.Encode("  a").Ids);
        Assert.Equal([259], tokenizer.Encode(" ").Ids);
        Assert.Equal([259, 260], tokenizer.Encode("▁a").Ids);
        Assert.Equal([286, 260], TextTokenizer.Load(Sentence(Legacy, "null")).Encode(" a").Ids);
    }

    [Theory]
    [InlineData("[一-龥ࠀ-一가-퟿]+", "x😀", new[] { 259 })]
    [InlineData("[a-z😀]+", "x😀", new[] { 259 })]
    [InlineData("😀", "x😀", new[] { 120, 258 })]
    [InlineData("[a-z𐐀-𐑏]+", "ab", new[] { 97, 98 })]
    public void Encode_AstralCharactersInPatterns_AreThemselves(string pattern, string text, int[] expected)
    {
        string[] emoji = [.. Spell("😀").Select(c => c.ToString())];
        (string, string)[] merges = [(emoji[0], emoji[1]), (emoji[0] + emoji[1], emoji[2]), (emoji[0] + emoji[1] + emoji[2], emoji[3]), ("x", Spell("😀"))];

        Assert.Equal(expected, TextTokenizer.Load(ByteLevel(Split(pattern), merges)).Encode(text).Ids);
    }

    [Theory]
    [InlineData(@"\s+$", new[] { "Ġ Ġ", "ĠĠ Ċ" }, "a  \nb", new[] { 97, 256, 10, 98 })]
    [InlineData("[[:alpha:]]+", new[] { "a b", "ab 1" }, "ab1", new[] { 256, 49 })]
    [InlineData(@"[\p{L}&&[^o]]+", new[] { "h o", "ho b" }, "hob", new[] { 104, 111, 98 })]
    [InlineData(@"\b\w+\b", new[] { "a â", "Ģ į" }, "a\u200db", new[] { 97, 226, 257, 98 })]
    public void Encode_OnigurumasDialect_IsReadAsSuch(string pattern, string[] merges, string text, int[] expected) =>
        Assert.Equal(expected, TextTokenizer.Load(ByteLevel(Split(pattern), [.. merges.Select(m => (m.Split(' ')[0], m.Split(' ')[1]))])).Encode(text).Ids);

    [Fact]
    public void Decode_IdsInAGap_AreNothing()
    {
        MemorySource files = SmallBpe.Files();
        files["vocab.json"] = System.Text.Encoding.UTF8.GetBytes(SmallBpe.VocabularyJson().Replace(":269", ":500"));

        Assert.Equal("a", TextTokenizer.Load(files).Decode([300, 64, 499]));
    }

    [Fact]
    public void Encode_WordPieceSettings_AreFollowed()
    {
        MemorySource shorter = WordPiece(["a", "##a"], [], most: 3);
        Assert.Equal([2, 1, 3], TextTokenizer.Load(shorter).Encode("aaaa").Ids);
        Assert.Equal([2, 1, 3], TextTokenizer.Load(WordPiece(["a", "##b", "b"], [], clean: false)).Encode("a\0b").Ids);
        Assert.Equal([5], TextTokenizer.Load(WordPiece(["a"], [], frame: false)).Encode("a").Ids);
        MemorySource cased = WordPiece(["hello", "Hello"], []);
        cased["tokenizer_config.json"] = """{"tokenizer_class":"BertTokenizer","do_lower_case":false}"""u8.ToArray();
        Assert.Equal([2, 6, 3], TextTokenizer.Load(cased).Encode("Hello").Ids);
    }

    [Theory]
    [InlineData("foo\u0301", new[] { 102, 111, 111, 204, 129 })]
    [InlineData("foo\u0e31", new[] { 102, 111, 111, 224, 184, 177 })]
    [InlineData("ⅷfoo", new[] { 226, 133, 183, 102, 111, 111 })]
    [InlineData("foo‿foo", new[] { 102, 111, 111, 226, 128, 191, 102, 111, 111 })]
    [InlineData("foobarx", new[] { 102, 111, 111, 98, 97, 114, 120 })]
    public void Encode_SingleWordTokens_WantNoWordBeside(string text, int[] expected)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(ByteLevel(added: [Token("foo", special: false, single: true), Token("foobar", special: false, single: true), Token("bar", special: false)]));

        Assert.Equal(expected, tokenizer.Encode(text).Ids);
    }

    private static JsonObject Token(string content, bool special = true, bool normalized = false, bool single = false) => new()
    {
        ["id"] = 0, ["content"] = content, ["special"] = special, ["normalized"] = normalized, ["single_word"] = single, ["lstrip"] = false, ["rstrip"] = false,
    };

    private static string Spell(string text) => string.Concat(System.Text.Encoding.UTF8.GetBytes(text).Select(b => NaiveByteLevelBpe.Symbol(b)));

    private static string Split(string pattern) =>
        $$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":{{JsonSerializer.Serialize(pattern)}}},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""";

    /// <summary>Byte-level BPE: ids 0 to 255 are the bytes, then one id a merge, then the added tokens.</summary>
    private static MemorySource ByteLevel(string preTokenizer = TokenizerJson.ByteLevelStep, (string Left, string Right)[]? merges = null, JsonObject[]? added = null, string normalizer = "null")
    {
        var vocabulary = new JsonObject();
        for (int b = 0; b < 256; b++)
        {
            vocabulary[NaiveByteLevelBpe.Symbol(b).ToString()] = b;
        }

        foreach ((string left, string right) in merges ?? [])
        {
            vocabulary[left + right] ??= vocabulary.Count;
        }

        return Json(added ?? [], normalizer, preTokenizer, "null", new JsonObject
        {
            ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray([.. (merges ?? []).Select(m => (JsonNode)new JsonArray(m.Left, m.Right))]),
        });
    }

    /// <summary>In the manner of Llama 2: 0 to 2 control, 3 to 258 bytes, ▁ 259, a to z 260 to 285, ▁▁ 286, then the added tokens.</summary>
    private static MemorySource Sentence(string normalizer, string preTokenizer, JsonObject[]? added = null, string postProcessor = "null")
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int b = 0; b < 256; b++)
        {
            vocabulary[$"<0x{b:X2}>"] = 3 + b;
        }

        foreach (string piece in "▁abcdefghijklmnopqrstuvwxyz".Select(c => c.ToString()).Append("▁▁"))
        {
            vocabulary[piece] = vocabulary.Count;
        }

        return Json([Token("<unk>"), Token("<s>"), Token("</s>"), .. added ?? []], normalizer, preTokenizer, postProcessor, new JsonObject
        {
            ["type"] = "BPE", ["unk_token"] = "<unk>", ["fuse_unk"] = true, ["byte_fallback"] = true, ["vocab"] = vocabulary, ["merges"] = new JsonArray(new JsonArray("▁", "▁")),
        });
    }

    private static MemorySource WordPiece(string[] pieces, JsonObject[] added, int most = 100, bool clean = true, bool frame = true)
    {
        var vocabulary = new JsonObject();
        foreach (string piece in (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. pieces])
        {
            vocabulary[piece] = vocabulary.Count;
        }

        string normalizer = $$"""{"type":"BertNormalizer","clean_text":{{(clean ? "true" : "false")}},"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""";
        return Json(added, normalizer, """{"type":"BertPreTokenizer"}""", frame ? ClsSep : "null", new JsonObject
        {
            ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = most, ["vocab"] = vocabulary,
        });
    }

    private static MemorySource Json(JsonObject[] added, string normalizer, string preTokenizer, string postProcessor, JsonObject model) => MemorySource.Of(("tokenizer.json", new JsonObject
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray(added),
        ["normalizer"] = JsonNode.Parse(normalizer),
        ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
        ["post_processor"] = JsonNode.Parse(postProcessor),
        ["decoder"] = null,
        ["model"] = model,
    }.ToJsonString()));
}
