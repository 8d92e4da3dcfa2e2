using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>A sentence-piece BPE small enough to reason about, in the three forms it can be loaded from.</summary>
internal static class SmallSentencePiece
{
    private static readonly string[] Merged = ["th", "\u2581th", "\u2581the", "at", "the", "\u2581\u2581", "\u2581c", "cat", "\u2581cat"];

    public static IReadOnlyList<SentencePiece> Pieces { get; } =
    [
        new("<unk>", 0, SentencePieceKind.Unknown), new("<s>", 0, SentencePieceKind.Control), new("</s>", 0, SentencePieceKind.Control),
        .. Enumerable.Range(0, 256).Select(b => new SentencePiece($"<0x{b:X2}>", 0, SentencePieceKind.Byte)),
        .. Merged.Select((text, i) => new SentencePiece(text, -i, SentencePieceKind.Normal)),
        .. "\u2581theca".Select((c, i) => new SentencePiece(c.ToString(), -100 - i, SentencePieceKind.Normal)),
    ];

    public static NaiveScoredMerges Naive() => new([.. Pieces.Select(p => (p.Text, p.Score))], firstByteId: 3);

    public static MemorySource Files(string name)
    {
        var files = new MemorySource();
        files[name] = name switch
        {
            "tokenizer.model" => Model(),
            "tokenizer.json" => System.Text.Encoding.UTF8.GetBytes(Json().ToJsonString()),
            _ => System.Text.Encoding.UTF8.GetBytes(List().ToJsonString()),
        };
        files["special_tokens_map.json"] = """{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}"""u8.ToArray();
        return files;
    }

    public static byte[] Model() => new SentencePieceProto { Pieces = Pieces, ByteFallback = true }.ToBytes();

    public static JsonObject List() => new()
    {
        ["unk_id"] = 0,
        ["bos_id"] = 1,
        ["eos_id"] = 2,
        ["add_bos"] = true,
        ["add_dummy_prefix"] = true,
        ["pieces"] = new JsonArray([.. Pieces.Select((p, i) => (JsonNode)new JsonObject
        {
            ["id"] = i,
            ["score"] = p.Score,
            ["piece"] = p.Kind == SentencePieceKind.Control ? $"\n{p.Text}\n" : p.Text.Replace('\u2581', ' '),
            ["type"] = p.Kind switch { SentencePieceKind.Normal => "normal", SentencePieceKind.Byte => "byte", _ => "special" },
        })]),
    };

    public static JsonObject Json()
    {
        var known = Pieces.Select(p => p.Text).ToHashSet();
        var merges = from piece in Merged from cut in Enumerable.Range(1, piece.Length - 1) where known.Contains(piece[..cut]) && known.Contains(piece[cut..]) select new JsonArray(piece[..cut], piece[cut..]);
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. Pieces.Take(3).Select((p, i) => (JsonNode)new JsonObject { ["id"] = i, ["content"] = p.Text, ["special"] = true, ["normalized"] = false, ["lstrip"] = false, ["rstrip"] = false, ["single_word"] = false })]),
            ["normalizer"] = JsonNode.Parse("""{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse("""{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}"""),
            ["decoder"] = JsonNode.Parse("""{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = new JsonObject(Pieces.Select((p, i) => KeyValuePair.Create(p.Text, (JsonNode?)i))),
                ["merges"] = new JsonArray([.. merges]),
            },
        };
    }
}
