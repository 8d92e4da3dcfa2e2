namespace MLNet.Dispersion.Text;

/// <summary>What a tokenizer.json and the files beside it say, before it is known which kind of tokenizer it makes.</summary>
internal sealed record TokenizerJsonParts
{
    internal required JsonField Root { get; init; }

    internal required JsonField Model { get; init; }

    internal required Dictionary<string, int> Vocabulary { get; init; }

    internal required List<(string Left, string Right)> Merges { get; init; }

    internal required AddedTokenTable AddedTokens { get; init; }

    internal required TokenizerJsonTemplate Template { get; init; }

    internal int? BosTokenId { get; init; }

    internal int? EosTokenId { get; init; }
}
