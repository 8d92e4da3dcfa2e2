using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>Says a GGUF file's tokenizer as a tokenizer.json and a tokenizer_config.json do.</summary>
internal sealed class GgufTokenizer
{
    /// <summary>The key of the chat template; named ones stand behind it and a point.</summary>
    internal const string ChatTemplate = "tokenizer.chat_template";

    /// <summary>What stands for a blank in sentence pieces.</summary>
    internal const string Word = "\u2581";

    // How the published models of these names split text before they merge bytes.
    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string ThreeDigits = Contractions + @"\p{N}{1,3}" + Rest;
    private const string OneDigit = Contractions + @"\p{N}" + Rest;
    private const string Bloom = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+";

    private static readonly Dictionary<string, GgufSplit> Splits = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = new(null, false, false, false),
        ["phi-2"] = new(null, false, false, false),
        ["roberta-bpe"] = new(null, false, false, false),
        ["modern-bert"] = new(null, false, false, false),
        ["olmo"] = new(null, false, true, false),
        ["llama-bpe"] = new(ThreeDigits, false, false, true),
        ["dbrx"] = new(ThreeDigits, false, false, false),
        ["qwen2"] = new(OneDigit, false, true, false),
        ["refact"] = new(null, true, false, false),
        ["smollm"] = new(null, true, false, false),
        ["starcoder"] = new(null, true, false, false),
        ["codeshell"] = new(null, true, false, false),
        ["command-r"] = new(null, true, false, false),
        ["bloom"] = new(Bloom, false, false, false),
    };

    private readonly string _file;
    private readonly GgufKeys _keys;
    private readonly string[] _tokens;
    private readonly int[] _types;

    private GgufTokenizer(string file, GgufKeys keys, string[] tokens)
    {
        _file = file;
        _keys = keys;
        _tokens = tokens;
        double[]? types = keys.Numbers(Key("token_type"));
        _types = types is null ? [.. Enumerable.Repeat(GgufTokenType.Normal, tokens.Length)] : [.. types.Select(type => (int)type)];
        if (_types.Length != tokens.Length)
        {
            throw keys.Wrong(Key("token_type"), $"as long as tokens, {tokens.Length}");
        }
    }

    /// <summary>The tokenizer, or null where the file has none.</summary>
    /// <exception cref="ModelFileException">It is damaged, or of a kind that is not supported.</exception>
    internal static (JsonObject Tokenizer, JsonObject Config)? Read(string file, GgufKeys keys, int? contextLength)
    {
        if (keys.Text(Key("model")) is not { } model)
        {
            return null;
        }

        var tokenizer = new GgufTokenizer(file, keys, keys.Texts(Key("tokens")) ?? throw keys.Missing(Key("tokens")));
        JsonObject json = model switch
        {
            "gpt2" => tokenizer.Bytes(),
            "llama" => tokenizer.Pieces(),
            _ => throw keys.Wrong(Key("model"), "gpt2 (byte-level BPE) or llama (sentence pieces)"),
        };
        return (json, tokenizer.Config(contextLength));
    }

    /// <summary>The first name under which llama.cpp splits texts so; where none composes characters as well, one that does not, since llama.cpp never does. Null for none.</summary>
    internal static string? NameOf(GgufSplit split) =>
        Splits.Where(pair => pair.Value == split).Concat(Splits.Where(pair => pair.Value with { Composes = split.Composes } == split)).Select(pair => pair.Key).FirstOrDefault();

    /// <summary>The ids that the file names for a purpose: <c>bos</c>, <c>eos</c>, <c>padding</c>, <c>unknown</c>.</summary>
    internal static int? IdOf(GgufKeys keys, string purpose) => keys.Whole(Key(purpose + "_token_id"));

    /// <summary>A key of the tokenizer.</summary>
    internal static string Key(string name) => "tokenizer.ggml." + name;

    private JsonObject Bytes()
    {
        string pre = _keys.Text(Key("pre")) ?? throw _keys.Missing(Key("pre"));
        if (!Splits.TryGetValue(pre, out GgufSplit? split))
        {
            throw _keys.Wrong(Key("pre"), $"one of {string.Join(", ", Splits.Keys)}: how text is split before bytes are merged. Load the tokenizer from the model's directory in Hugging Face's format");
        }

        string[] merges = _keys.Texts(Key("merges")) ?? throw _keys.Missing(Key("merges"));
        return Whole(
            normalizer: split.Composes ? new JsonObject { ["type"] = "NFC" } : null,
            preTokenizer: split switch
            {
                { Split: { } pattern } => Sequence("pretokenizers", new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false }, ByteLevel(prefix: false, trim: true, split: false)),
                { Digits: true } => Sequence("pretokenizers", new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(prefix: false, trim: true, split: true)),
                _ => ByteLevel(prefix: false, trim: true, split: true),
            },
            postProcessor: Frame(pre == "llama-bpe") ?? ByteLevel(prefix: true, trim: false, split: true),
            decoder: ByteLevel(prefix: true, trim: true, split: true),
            model: Model(unknown: null, byteFallback: false, split.IgnoresMerges, [.. merges.Select(Pair)]));
    }

    private JsonObject Pieces()
    {
        double[] scores = _keys.Numbers(Key("scores")) ?? throw _keys.Missing(Key("scores"));
        if (scores.Length != _tokens.Length)
        {
            throw _keys.Wrong(Key("scores"), $"as long as tokens, {_tokens.Length}");
        }

        bool prefixed = _keys.Flag(Key("add_space_prefix")) ?? true;
        JsonObject Replace(string from, string to) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = from }, ["content"] = to };
        var spaces = Replace(" ", Word);
        var joined = new JsonObject { ["type"] = "Fuse" };
        var fallback = new JsonObject { ["type"] = "ByteFallback" };
        int? unknown = IdOf(_keys, "unknown");
        return Whole(
            normalizer: prefixed ? Sequence("normalizers", new JsonObject { ["type"] = "Prepend", ["prepend"] = Word }, spaces) : spaces,
            preTokenizer: null,
            postProcessor: Frame(otherwise: true),
            decoder: prefixed
                ? Sequence("decoders", Replace(Word, " "), fallback, joined, new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 })
                : Sequence("decoders", Replace(Word, " "), fallback, joined),
            model: Model(unknown is null ? null : TokenOf(unknown.Value, "unknown_token_id"), byteFallback: true, ignoresMerges: false, MergesOf(scores)));
    }

    // Two pieces may merge where what they make is a piece: those of the highest score first, of equal ones in the order of the parts.
    private List<(string Left, string Right)> MergesOf(double[] scores)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (_types[id] is not (GgufTokenType.Control or GgufTokenType.Unused))
            {
                ids[_tokens[id]] = id;
            }
        }

        var merges = new List<(double Score, int Left, int Right)>();
        foreach (var (piece, id) in ids)
        {
            for (int at = 1; at < piece.Length && _types[id] == GgufTokenType.Normal; at++)
            {
                if (!char.IsLowSurrogate(piece[at]) && ids.TryGetValue(piece[..at], out int left) && ids.TryGetValue(piece[at..], out int right))
                {
                    merges.Add((scores[id], left, right));
                }
            }
        }

        return [.. merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Left).ThenBy(merge => merge.Right).Select(merge => (_tokens[merge.Left], _tokens[merge.Right]))];
    }

    private (string Left, string Right) Pair(string merge)
    {
        int at = merge.IndexOf(' ', StringComparison.Ordinal);
        return at > 0 && at < merge.Length - 1 && merge.IndexOf(' ', at + 1) < 0
            ? (merge[..at], merge[(at + 1)..])
            : throw _keys.Wrong(Key("merges"), $"two parts with one blank between in each entry, not '{Printable.Name(merge)}'");
    }

    private JsonObject Model(string? unknown, bool byteFallback, bool ignoresMerges, IReadOnlyList<(string Left, string Right)> merges)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (!vocabulary.TryAdd(_tokens[id], id))
            {
                throw new ModelFileException(_file, string.Create(CultureInfo.InvariantCulture, $"The token '{Printable.Name(_tokens[id])}' is there twice, the second time as {id}. The file is damaged: convert it again."));
            }
        }

        return new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = unknown,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = byteFallback,
            ["byte_fallback"] = byteFallback,
            ["ignore_merges"] = ignoresMerges,
            ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. merges.Select(pair => (JsonNode)new JsonArray(pair.Left, pair.Right))]),
        };
    }

    private JsonObject Whole(JsonObject? normalizer, JsonObject? preTokenizer, JsonObject? postProcessor, JsonObject decoder, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. Enumerable.Range(0, _tokens.Length).Where(id => _types[id] is GgufTokenType.Control or GgufTokenType.UserDefined).Select(id => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["content"] = _tokens[id],
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = TakesBlanksBehind(_tokens[id]),
            ["normalized"] = false,
            ["special"] = _types[id] == GgufTokenType.Control,
        })]),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = postProcessor,
        ["decoder"] = decoder,
        ["model"] = model,
    };

    // The files do not say it; Phi 3's own tokenizer has it so.
    private bool TakesBlanksBehind(string token) => _keys.Name == "phi3" && _keys.Text(Key("model")) == "llama" && token is not ("<unk>" or "<s>" or "<|endoftext|>");

    // The tokens around a text; null where there are none.
    private JsonObject? Frame(bool otherwise)
    {
        string? before = _keys.Flag(Key("add_bos_token")) ?? otherwise ? TokenOf(IdOf(_keys, "bos") ?? throw _keys.Missing(Key("bos_token_id")), "bos_token_id") : null;
        string? behind = _keys.Flag(Key("add_eos_token")) ?? false ? TokenOf(IdOf(_keys, "eos") ?? throw _keys.Missing(Key("eos_token_id")), "eos_token_id") : null;
        if (before is null && behind is null)
        {
            return null;
        }

        IEnumerable<JsonNode> Part(string sequence, int type)
        {
            JsonObject Special(string token) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };
            if (before is not null)
            {
                yield return Special(before);
            }

            yield return new JsonObject { ["Sequence"] = new JsonObject { ["id"] = sequence, ["type_id"] = type } };
            if (behind is not null)
            {
                yield return Special(behind);
            }
        }

        var special = new JsonObject();
        foreach (string token in new[] { before, behind }.OfType<string>().Distinct())
        {
            special[token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(Array.IndexOf(_tokens, token)), ["tokens"] = new JsonArray(token) };
        }

        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray([.. Part("A", 0)]),
            ["pair"] = new JsonArray([.. Part("A", 0), .. Part("B", 1)]),
            ["special_tokens"] = special,
        };
    }

    private JsonObject Config(int? contextLength)
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (purpose, name) in new[] { ("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"), ("padding", "pad_token") })
        {
            if (IdOf(_keys, purpose) is { } id)
            {
                config[name] = TokenOf(id, purpose + "_token_id");
            }
        }

        if (contextLength is { } length)
        {
            config["model_max_length"] = length;
        }

        if (ChatTemplates() is { } templates)
        {
            config["chat_template"] = templates;
        }

        return config;
    }

    // One that nobody named is a text, several are a list, as in tokenizer_config.json.
    private JsonNode? ChatTemplates()
    {
        string? one = _keys.Text(ChatTemplate);
        (string Name, string Text)[] named = [.. _keys.TextsBehind(ChatTemplate + ".")];
        return named.Length == 0 ? one : new JsonArray([.. (one is null ? named : named.Prepend((Name: "default", Text: one))).Select(template => (JsonNode)new JsonObject { ["name"] = template.Name, ["template"] = template.Text })]);
    }

    private string TokenOf(int id, string key) => id >= 0 && id < _tokens.Length ? _tokens[id] : throw _keys.Wrong(Key(key), $"from 0 to {_tokens.Length - 1}, the ids of tokens");

    private static JsonObject Sequence(string name, params JsonObject[] parts) => new() { ["type"] = "Sequence", [name] = new JsonArray([.. parts]) };

    private static JsonObject ByteLevel(bool prefix, bool trim, bool split) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefix, ["trim_offsets"] = trim, ["use_regex"] = split };
}

/// <summary>How text is split before bytes are merged.</summary>
/// <param name="Split">The regular expression of the pieces; null for that of byte-level BPE itself.</param>
/// <param name="Digits">Whether each digit is a piece first.</param>
/// <param name="Composes">Whether characters are composed before.</param>
/// <param name="IgnoresMerges">Whether a piece that is a token is not merged.</param>
internal sealed record GgufSplit(string? Split, bool Digits, bool Composes, bool IgnoresMerges);
