using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Makes whole tokenizers of each kind from three published vocabularies: the steps are those of the models named, the pieces are GPT-2's, GPT-4's and GPT-4o's.</summary>
internal static class Kinds
{
    private const string Gpt4 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt4O = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Lazy<BytePairs> Small = new(() => BytePairs.Read("Gpt2", "gpt2.tiktoken.deflate"));
    private static readonly Lazy<BytePairs> Middle = new(() => BytePairs.Read("Cl100kBase", "cl100k_base.tiktoken.deflate"));
    private static readonly Lazy<BytePairs> Large = new(() => BytePairs.Read("O200kBase", "o200k_base.tiktoken.deflate"));

    /// <summary>The kinds by name; the first four are those with patterns that most models share.</summary>
    public static IReadOnlyDictionary<string, Func<JsonObject>> All { get; } = new Dictionary<string, Func<JsonObject>>
    {
        ["gpt2"] = () => File(ByteLevelModel(Small.Value), preTokenizer: ByteLevel(true), decoder: ByteLevel(true)),
        ["llama3"] = () => File(ByteLevelModel(Middle.Value, ignoreMerges: true), preTokenizer: Sequence(Split(Gpt4), ByteLevel(false)), decoder: ByteLevel(true)),
        ["qwen2"] = () => File(ByteLevelModel(Middle.Value), Type("NFC"), Sequence(Split(Qwen), ByteLevel(false)), ByteLevel(false)),
        ["o200k"] = () => File(ByteLevelModel(Large.Value), preTokenizer: Sequence(Split(Gpt4O), ByteLevel(false)), decoder: ByteLevel(true)),
        ["deepseek"] = () => File(
            ByteLevelModel(Middle.Value),
            preTokenizer: Sequence(Split(@"\p{N}{1,3}"), Split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"), Split(@"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), ByteLevel(false)),
            decoder: ByteLevel(true)),
        ["starcoder"] = () => File(ByteLevelModel(Small.Value), preTokenizer: Sequence(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(true)), decoder: ByteLevel(true)),
        ["llama2"] = () => File(SignModel(), Sequence("normalizers", new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" }, Replace(" ", "\u2581"))),
        ["mistral"] = () => File(SignModel(), preTokenizer: Metaspace("first", split: false)),
        ["metaspace"] = () => File(SignModel(), preTokenizer: Metaspace("always", split: true)),
        ["gemma"] = () => File(SignModel(), Replace(" ", "\u2581"), new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["String"] = " " }, ["behavior"] = "MergedWithPrevious", ["invert"] = false }),
        ["unigram"] = () => File(UnigramModel(), Sequence("normalizers", Type("Nmt"), Type("NFKC"), ReplacePattern(" {2,}", " ")), Metaspace("always", split: true)),
        ["unigram-bare"] = () => File(UnigramModel(), preTokenizer: Metaspace("first", split: false)),
        ["wordpiece"] = () => File(
            WordPieceModel(), new JsonObject { ["type"] = "BertNormalizer", ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null, ["lowercase"] = true }, Type("BertPreTokenizer")),
        ["wordlevel"] = () => File(WordLevelModel(), Type("Lowercase"), Type("Whitespace")),
    };

    private static JsonObject File(JsonObject model, JsonObject? normalizer = null, JsonObject? preTokenizer = null, JsonObject? decoder = null) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray(Added("<|endoftext|>", special: true, model["vocab"] is JsonObject vocab ? vocab.Count : model["vocab"]!.AsArray().Count)),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = null,
        ["decoder"] = decoder,
        ["model"] = model,
    };

    /// <summary>An entry of added_tokens.</summary>
    public static JsonObject Added(string content, bool special, int id) => new()
    {
        ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = special,
    };

    private static JsonObject ByteLevelModel(BytePairs pairs, bool ignoreMerges = false) => Bpe(
        pairs.Pieces, pairs.Merges, unknown: null, byteFallback: false, ignoreMerges);

    /// <summary>GPT-2's pieces of ASCII with sentence-piece's sign for the blank, and the 256 bytes.</summary>
    private static JsonObject SignModel()
    {
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>");
        IEnumerable<string> pieces = Small.Value.Pieces.Where(IsPlain).Select(Sign);
        IEnumerable<(string, string)> merges = Small.Value.Merges.Where(m => IsPlain(m.Left) && IsPlain(m.Right)).Select(m => (Sign(m.Left), Sign(m.Right)));
        return Bpe(["<unk>", .. bytes, .. pieces], [.. merges], "<unk>", byteFallback: true, ignoreMerges: false);
    }

    private static JsonObject Bpe(IReadOnlyList<string> pieces, IReadOnlyList<(string Left, string Right)> merges, string? unknown, bool byteFallback, bool ignoreMerges) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = null,
        ["end_of_word_suffix"] = null,
        ["fuse_unk"] = byteFallback,
        ["byte_fallback"] = byteFallback,
        ["ignore_merges"] = ignoreMerges,
        ["vocab"] = Vocabulary(pieces),
        ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)new JsonArray(m.Left, m.Right))]),
    };

    private static JsonObject UnigramModel()
    {
        IEnumerable<string> pieces = Small.Value.Pieces.Where(IsPlain).Select(Sign);
        return new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["vocab"] = new JsonArray([new JsonArray("<unk>", 0.0), .. pieces.Select((piece, rank) => (JsonNode)new JsonArray(piece, Math.Round(-Math.Log(rank + 20), 6)))]),
            ["byte_fallback"] = false,
        };
    }

    private static JsonObject WordPieceModel()
    {
        string[] plain = [.. Small.Value.Pieces.Where(IsPlain)];
        string[] characters = [.. Enumerable.Range(33, 94).Select(c => ((char)c).ToString())];
        IEnumerable<string> words = plain.Where(p => p[0] == 'Ġ' && p.Length > 1).Select(p => p[1..]);
        IEnumerable<string> inner = plain.Where(p => p[0] != 'Ġ').Select(p => "##" + p);
        string[] all = [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]" }.Concat(characters).Concat(characters.Select(c => "##" + c)).Concat(words).Concat(inner).Select(p => p[0] == '[' && p.Length > 1 ? p : p.ToLower(CultureInfo.InvariantCulture)).Distinct()];
        return new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = Vocabulary(all) };
    }

    private static JsonObject WordLevelModel()
    {
        IEnumerable<string> words = Small.Value.Pieces.Where(IsPlain).Select(p => p.TrimStart('Ġ').ToLower(CultureInfo.InvariantCulture)).Where(p => p.Length > 0);
        return new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "<unk>", ["vocab"] = Vocabulary([.. words.Prepend("<unk>").Distinct()]) };
    }

    private static JsonObject Vocabulary(IReadOnlyList<string> pieces)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < pieces.Count; id++)
        {
            vocabulary[pieces[id]] = id;
        }

        return vocabulary;
    }

    private static bool IsPlain(string piece) => piece.All(c => c is 'Ġ' or (>= '!' and <= '~'));

    private static string Sign(string piece) => piece.Replace('Ġ', '\u2581');

    private static JsonObject Type(string type) => new() { ["type"] = type };

    private static JsonObject ByteLevel(bool useRegex) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    private static JsonObject Metaspace(string scheme, bool split) => new() { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = scheme, ["split"] = split };

    private static JsonObject Split(string pattern) => new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false };

    private static JsonObject Replace(string text, string by) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = by };

    private static JsonObject ReplacePattern(string pattern, string by) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["content"] = by };

    private static JsonObject Sequence(params JsonObject[] steps) => Sequence("pretokenizers", steps);

    private static JsonObject Sequence(string name, params JsonObject[] steps) => new() { ["type"] = "Sequence", [name] = new JsonArray([.. steps]) };
}
