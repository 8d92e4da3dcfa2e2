using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Small tokenizers of every model with every normalizer and every pre-tokenizer.</summary>
internal static class PeerKinds
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-_#$<>()éèüßıİ▁Ġ中文日本語प привет";

    private static readonly string[] Words = ["th", "the", "he", "in", "ing", "ll", "hell", "hello", "or", "ld", "world", "wor", "on", "don", "ab", "abab", "ss", "iss", "miss", "aa", "12", "123", "中文", "пр", "▁the", "▁a", "▁▁", "the▁"];

    private static readonly Dictionary<string, string> Normalizers = new()
    {
        ["none"] = "null",
        ["NFC"] = """{"type": "NFC"}""",
        ["NFD"] = """{"type": "NFD"}""",
        ["NFKC"] = """{"type": "NFKC"}""",
        ["NFKD"] = """{"type": "NFKD"}""",
        ["Lowercase"] = """{"type": "Lowercase"}""",
        ["StripAccents"] = """{"type": "StripAccents"}""",
        ["NFDStripAccents"] = """{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]}""",
        ["Bert"] = """{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}""",
        ["BertCased"] = """{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": false}""",
        ["BertAccents"] = """{"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": false, "strip_accents": true, "lowercase": false}""",
        ["Nmt"] = """{"type": "Nmt"}""",
        ["Strip"] = """{"type": "Strip", "strip_left": true, "strip_right": true}""",
        ["Prepend"] = """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}""",
        ["ReplacePattern"] = """{"type": "Replace", "pattern": {"Regex": "\\s{2,}|[[:punct:]&&[^'.]]"}, "content": " "}""",
        ["ByteLevel"] = """{"type": "ByteLevel"}""",
        ["T5Like"] = """{"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, {"type": "Strip", "strip_left": false, "strip_right": true}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}""",
    };

    private static readonly Dictionary<string, string> PreTokenizers = new()
    {
        ["none"] = "null",
        ["ByteLevel"] = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}""",
        ["ByteLevelPrefix"] = """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""",
        ["Whitespace"] = """{"type": "Whitespace"}""",
        ["WhitespaceSplit"] = """{"type": "WhitespaceSplit"}""",
        ["Bert"] = """{"type": "BertPreTokenizer"}""",
        ["Delimiter"] = """{"type": "CharDelimiterSplit", "delimiter": "-"}""",
        ["MetaspaceAlways"] = """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""",
        ["MetaspaceFirst"] = """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}""",
        ["MetaspaceWhole"] = """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}""",
        ["PunctuationIsolated"] = """{"type": "Punctuation", "behavior": "Isolated"}""",
        ["PunctuationContiguous"] = """{"type": "Punctuation", "behavior": "Contiguous"}""",
        ["Digits"] = """{"type": "Digits", "individual_digits": true}""",
        ["DigitRuns"] = """{"type": "Digits", "individual_digits": false}""",
        ["Scripts"] = """{"type": "UnicodeScripts"}""",
        ["FixedLength"] = """{"type": "FixedLength", "length": 3}""",
        ["SplitRemoved"] = """{"type": "Split", "pattern": {"Regex": "\\s+"}, "behavior": "Removed", "invert": false}""",
        ["SplitPrevious"] = """{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}""",
        ["SplitNext"] = """{"type": "Split", "pattern": {"Regex": "\\p{Lu}|\\p{P}"}, "behavior": "MergedWithNext", "invert": false}""",
        ["SplitInverted"] = """{"type": "Split", "pattern": {"Regex": "\\w+|[^\\w\\s]+"}, "behavior": "Removed", "invert": true}""",
        ["Gpt4"] = """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]}""",
        ["Gpt4O"] = """{"type": "Split", "pattern": {"Regex": "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}""",
        ["Posix"] = """{"type": "Split", "pattern": {"Regex": "[[:alpha:]]+|^.|\\X$|[^\\s&&\\P{Ascii}]{1,2}+"}, "behavior": "Isolated", "invert": false}""",
    };

    private static readonly string[] Models = ["BPE", "BPEBytes", "WordPiece", "Unigram", "UnigramBytes", "WordLevel"];

    /// <summary>The tokens that are added to each: a special one, a word, one that takes white space.</summary>
    public static IReadOnlyList<string> AddedTokens { get; } = ["<s>", "<mask>", "[new]", "<pad>"];

    /// <summary>The names: a model with a normalizer, or with a pre-tokenizer.</summary>
    public static IEnumerable<string> Names => Models.SelectMany(model =>
        Normalizers.Keys.Select(normalizer => $"{model}/{normalizer}/{(model == "WordLevel" ? "Whitespace" : "none")}").Concat(PreTokenizers.Keys.Skip(1).Select(cutter => $"{model}/none/{cutter}"))).Distinct();

    /// <summary>The tokenizer.json of a name.</summary>
    public static string Json(string name)
    {
        string[] parts = name.Split('/');
        return $$$"""
            {"version": "1.0", "truncation": null, "padding": null,
             "added_tokens": [{{{Added("<s>", special: true)}}}, {{{Added("<mask>", special: true, leftStrip: true)}}}, {{{Added("[new]", special: false, singleWord: true)}}}, {{{Added("<pad>", special: true, rightStrip: true)}}}],
             "normalizer": {{{Normalizers[parts[1]]}}}, "pre_tokenizer": {{{PreTokenizers[parts[2]]}}},
             "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]} } },
             "decoder": {{{Decoder(parts)}}}, "model": {{{Model(parts[0])}}}}
            """;
    }

    private static string Decoder(string[] parts) =>
        parts[1] == "ByteLevel" || parts[2] is "ByteLevel" or "ByteLevelPrefix" or "Gpt4" ? """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}"""
        : parts[0] == "WordPiece" ? """{"type": "WordPiece", "prefix": "##", "cleanup": true}"""
        : parts[2].StartsWith("Metaspace", StringComparison.Ordinal) ? """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}"""
        : """{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}""";

    private static string Model(string kind)
    {
        string[] letters = [.. Letters.EnumerateRunes().Select(rune => rune.ToString()).Distinct().Where(letter => letter != " ")];
        string[] bytes = kind.EndsWith("Bytes", StringComparison.Ordinal) ? [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")] : [];
        string[] symbols = [.. Enumerable.Range(0, 256).Select(b => NaiveByteLevelBpe.Symbol(b).ToString())];
        string[] pieces = [.. new[] { "<unk>", "<s>" }.Concat(bytes).Concat(letters).Concat(symbols).Concat(Words).Distinct()];
        JsonObject model = kind switch
        {
            "BPE" or "BPEBytes" => new JsonObject
            {
                ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = "<unk>", ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null, ["fuse_unk"] = kind == "BPE", ["byte_fallback"] = kind == "BPEBytes",
                ["vocab"] = Vocabulary([.. pieces.Where(p => p.Length == 1 || p[0] == '<' || Merge(p, pieces) is not null)]),
                ["merges"] = new JsonArray([.. pieces.Where(p => p[0] != '<').Select(p => Merge(p, pieces)).OfType<string>().Select(m => (JsonNode)m)]),
            },
            "WordPiece" => new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = "<unk>", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 12,
                ["vocab"] = Vocabulary([.. pieces, .. pieces.Where(p => p[0] != '<').Select(p => "##" + p)]),
            },
            "WordLevel" => new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "<unk>", ["vocab"] = Vocabulary(pieces) },
            _ => new JsonObject
            {
                ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = bytes.Length > 0,
                ["vocab"] = new JsonArray([.. pieces.Select((p, i) => (JsonNode)new JsonArray(p, i < 2 ? 0.0 : -(2 + (i % 7)) / (double)(1 + (i % 3))))]),
            },
        };
        return model.ToJsonString();
    }

    private static string? Merge(string piece, string[] pieces)
    {
        // Letters first, then what begins it and is there.
        for (int cut = piece.Length - 1; cut > 0; cut--)
        {
            bool Known(string part) => part.Length == 1 ? pieces.Contains(part) : pieces.Contains(part) && Merge(part, pieces) is not null;
            if (Known(piece[..cut]) && Known(piece[cut..]))
            {
                return $"{piece[..cut]} {piece[cut..]}";
            }
        }

        return null;
    }

    private static JsonObject Vocabulary(IReadOnlyList<string> pieces)
    {
        var vocabulary = new JsonObject();
        foreach (string piece in pieces.Distinct())
        {
            vocabulary[piece] = vocabulary.Count;
        }

        return vocabulary;
    }

    private static string Added(string content, bool special, bool leftStrip = false, bool rightStrip = false, bool singleWord = false) => JsonSerializer.Serialize(new
    {
        id = 0, content, single_word = singleWord, lstrip = leftStrip, rstrip = rightStrip, normalized = false, special,
    });
}
