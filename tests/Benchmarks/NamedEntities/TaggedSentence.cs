using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.NamedEntities;

/// <summary>A sentence of a JSONL file: its words, and a tag for each.</summary>
internal sealed record TaggedSentence(string[] Tokens, string[] Tags)
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNameCaseInsensitive = true };

    internal static TaggedSentence[] Read(string path) =>
        [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<TaggedSentence>(line, Names) ?? throw new InvalidDataException($"'{path}' has a line without a sentence."))];
}
