using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>All that defines a byte-level BPE tokenizer, whatever files it came from. Not changed after it is made.</summary>
internal sealed record ByteLevelBpeModel : TokenizerModel
{
    /// <summary>Pieces, spelled in <see cref="ByteSymbols"/>, with their ids; gaps are allowed.</summary>
    internal required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Pairs of pieces to merge, the most urgent first.</summary>
    internal required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Tokens looked for in the text before anything else.</summary>
    internal IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>The patterns that cut text into pieces, one after the other.</summary>
    internal IReadOnlyList<Regex> Patterns { get; init; } = [PreTokenizerPatterns.Gpt2()];

    /// <summary>Rewrites ordinary text before it is cut (such as NFC), or null.</summary>
    internal Func<string, string>? Normalize { get; init; }

    /// <summary>Whether a space is put before each stretch of ordinary text that has none.</summary>
    internal bool AddPrefixSpace { get; init; }

    /// <summary>Whether a piece that the vocabulary holds whole is taken so, whatever the merges would give.</summary>
    internal bool IgnoreMerges { get; init; }

    /// <summary>Ids put before every text.</summary>
    internal IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Ids put after every text.</summary>
    internal IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>The beginning-of-sequence token, or null.</summary>
    internal int? BosTokenId { get; init; }

    /// <summary>The end-of-sequence token, or null.</summary>
    internal int? EosTokenId { get; init; }

    /// <summary>The files to write when the tokenizer is saved.</summary>
    internal required TokenizerFileSet Files { get; init; }
}
