using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>A model's tokenizer, for a GGUF file.</summary>
internal sealed record GgufTokenizerFiles
{
    /// <summary>Gets what its tokenizer.json says.</summary>
    internal required JsonObject Tokenizer { get; init; }

    /// <summary>Gets what its tokenizer_config.json says.</summary>
    internal required JsonObject Config { get; init; }

    /// <summary>Gets the tokens around a text that is empty.</summary>
    internal required IReadOnlyList<int> Frame { get; init; }

    /// <summary>Gets the ids that config.json names, by purpose: bos, eos, pad.</summary>
    internal required IReadOnlyDictionary<string, int> Ids { get; init; }

    /// <summary>Gets the chat templates; the one for every purpose has no name.</summary>
    internal required IReadOnlyList<(string? Name, string Text)> Templates { get; init; }
}
