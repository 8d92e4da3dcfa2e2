using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Makes small tokenizer.json files, each part of which a test may replace.</summary>
internal static class TokenizerJson
{
    public const string ByteLevelStep = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}""";

    /// <summary>The byte-level BPE of <see cref="SmallBpe"/>.</summary>
    public static JsonObject ByteLevel() => new()
    {
        ["version"] = "1.0",
        ["added_tokens"] = JsonNode.Parse("""[{"id": 269, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}]"""),
        ["normalizer"] = null,
        ["pre_tokenizer"] = JsonNode.Parse(ByteLevelStep),
        ["post_processor"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false}"""),
        ["decoder"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}"""),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = "",
            ["end_of_word_suffix"] = "",
            ["fuse_unk"] = false,
            ["vocab"] = JsonNode.Parse(SmallBpe.VocabularyJson()),
            ["merges"] = new JsonArray([.. SmallBpe.Merges.Select(m => (JsonNode)$"{m.Left} {m.Right}")]),
        },
    };

    public static MemorySource Files(JsonObject json) =>
        MemorySource.Of(("tokenizer.json", json.ToJsonString()), ("config.json", """{"eos_token_id": 269}"""));
}
