using System.Text.Encodings.Web;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>A byte-level BPE small enough to reason about: the 256 bytes, a dozen merges, <c>&lt;|endoftext|&gt;</c>.</summary>
internal static class SmallBpe
{
    public const string EndOfText = "<|endoftext|>";
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<(string Left, string Right)> Merges { get; } =
        [("t", "h"), ("th", "e"), ("Ġ", "the"), ("Ġ", "t"), ("i", "n"), ("in", "g"), ("Ã", "©"), ("Ġ", "Ġ"), ("h", "h"), ("1", "2"), ("ð", "Ł"), ("'", "s"), ("o", "t")];

    public static Dictionary<string, int> Vocabulary()
    {
        var pieces = Enumerable.Range(0, 256).Select(b => NaiveByteLevelBpe.Symbol(b)).Order().Select(c => c.ToString());
        return pieces.Concat(Merges.Select(m => m.Left + m.Right)).Append(EndOfText).Select((p, i) => (p, i)).ToDictionary(x => x.p, x => x.i);
    }

    public static string VocabularyJson() => JsonSerializer.Serialize(Vocabulary(), Relaxed);

    public static string MergesText() => "#version: 0.2\n" + string.Concat(Merges.Select(m => $"{m.Left} {m.Right}\n"));

    public static MemorySource Files() => MemorySource.Of(
        ("vocab.json", VocabularyJson()),
        ("merges.txt", MergesText()),
        ("special_tokens_map.json", $$"""{"bos_token": "{{EndOfText}}", "eos_token": {"content": "{{EndOfText}}", "lstrip": false} }"""));

    public static ByteLevelBpeTokenizer Load() => (ByteLevelBpeTokenizer)TextTokenizer.Load(Files());

    public static NaiveByteLevelBpe Naive() => new(Vocabulary(), Merges);
}
