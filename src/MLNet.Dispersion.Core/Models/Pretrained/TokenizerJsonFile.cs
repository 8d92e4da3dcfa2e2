using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <summary>Makes the tokenizer.json that other programs read of the older files of byte-level and word-piece tokenizers.</summary>
internal static class TokenizerJsonFile
{
    internal const string Name = "tokenizer.json";
    private const int MostCharacters = 100;

    /// <summary>The file; null where the tokenizer has neither vocab.json nor vocab.txt.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="files">What it was saved as.</param>
    internal static JsonObject? Of(TextTokenizer tokenizer, FilesInFlatMemory files)
    {
        JsonObject config = files.Find("tokenizer_config.json") ?? [];
        return files.Find("vocab.json") is { } vocabulary ? ByteLevel(tokenizer, vocabulary, files.FindText("merges.txt")!, config)
            : files.FindText("vocab.txt") is { } pieces ? WordPieces(tokenizer, pieces, config)
            : null;
    }

    private static JsonObject ByteLevel(TextTokenizer tokenizer, JsonObject vocabulary, string merges, JsonObject config)
    {
        IEnumerable<string> lines = merges.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)).Select(line => line.TrimEnd('\r'));
        JsonObject[] added = Added(config);
        bool isSpaced = (bool?)config["add_prefix_space"] ?? false;
        return File(
            added,
            normalizer: null,
            ByteLevelStep(isSpaced),
            Frame(tokenizer, added.ToDictionary(token => (int)token["id"]!, token => (string)token["content"]!), second: null) ?? ByteLevelStep(isSpaced: true),
            ByteLevelStep(isSpaced: true),
            new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary.DeepClone(), ["merges"] = new JsonArray([.. lines.Select(merge => (JsonNode)merge)]) });
    }

    private static JsonObject WordPieces(TextTokenizer tokenizer, string pieces, JsonObject config)
    {
        string[] lines = pieces.TrimStart('\ufeff').ReplaceLineEndings("\n").Split('\n');
        Dictionary<int, string> byId = lines.Take(lines[^1].Length == 0 ? lines.Length - 1 : lines.Length).Index().ToDictionary(line => line.Index, line => line.Item);
        var vocabulary = new JsonObject();
        foreach (var (id, piece) in byId)
        {
            vocabulary[piece] = id;
        }

        return File(
            Added(config),
            new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = (bool?)config["tokenize_chinese_chars"] ?? true,
                ["strip_accents"] = config["strip_accents"]?.DeepClone(),
                ["lowercase"] = (bool?)config["do_lower_case"] ?? true,
            },
            new JsonObject { ["type"] = "BertPreTokenizer" },
            Frame(tokenizer, byId, second: 1)!,
            new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            new JsonObject { ["type"] = "WordPiece", ["unk_token"] = (string?)config["unk_token"] ?? "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = MostCharacters, ["vocab"] = vocabulary });
    }

    private static JsonObject File(JsonObject[] added, JsonObject? normalizer, JsonObject cutter, JsonObject frame, JsonObject decoder, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["added_tokens"] = new JsonArray([.. added]),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = cutter,
        ["post_processor"] = frame,
        ["decoder"] = decoder,
        ["model"] = model,
    };

    private static JsonObject[] Added(JsonObject config) => [.. (config["added_tokens_decoder"] as JsonObject ?? []).Select(pair =>
    {
        JsonObject token = pair.Value!.DeepClone().AsObject();
        token["id"] = int.Parse(pair.Key, CultureInfo.InvariantCulture);
        return token;
    })];

    private static JsonObject ByteLevelStep(bool isSpaced) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = isSpaced, ["trim_offsets"] = true, ["use_regex"] = true };

    /// <summary>The tokens that every text gets, as a template; null where it gets none.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="names">The tokens' texts by their ids.</param>
    /// <param name="second">The type of tokens of a second text, behind whose own end the closing tokens stand once more; null where each text of a pair gets all of its own.</param>
    private static JsonObject? Frame(TextTokenizer tokenizer, Dictionary<int, string> names, int? second)
    {
        int[] frame = tokenizer.Encode(string.Empty).Ids, text = tokenizer.Encode("a").Ids;
        if (frame.Length == 0)
        {
            return null;
        }

        int before = frame.AsSpan().CommonPrefixLength(text);
        JsonNode Part(string kind, string id, int type) => new JsonObject { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
        JsonNode[] Special(IEnumerable<int> ids, int type) => [.. ids.Select(id => Part("SpecialToken", names[id], type))];
        JsonNode[] Before() => Special(frame[..before], 0);
        JsonNode[] pair = second is { } type
            ? [.. Before(), Part("Sequence", "A", 0), .. Special(frame[before..], 0), Part("Sequence", "B", type), .. Special(frame[before..], type)]
            : [.. Before(), Part("Sequence", "A", 0), .. Special(frame[before..], 0), .. Before(), Part("Sequence", "B", 0), .. Special(frame[before..], 0)];
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray([.. Before(), Part("Sequence", "A", 0), .. Special(frame[before..], 0)]),
            ["pair"] = new JsonArray(pair),
            ["special_tokens"] = new JsonObject(frame.Distinct().Select(id => KeyValuePair.Create(names[id], (JsonNode?)new JsonObject { ["id"] = names[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(names[id]) }))),
        };
    }
}
