namespace MLNet.Dispersion.Text;

/// <summary>A pipeline, and what the files beside it say.</summary>
internal sealed record TokenizerSetup
{
    internal required TokenPipeline Pipeline { get; init; }

    internal int? BosTokenId { get; init; }

    internal int? EosTokenId { get; init; }

    internal int? PadTokenId { get; init; }

    internal int? ModelMaxLength { get; init; }

    internal TextSide TruncationSide { get; init; }

    internal TextSide PaddingSide { get; init; }

    /// <summary>Whether special tokens in texts are text unless something else is said.</summary>
    internal bool SpecialTokensAsText { get; init; }

    /// <summary>Whether the blanks before English signs are taken away from decoded text.</summary>
    internal bool CleansUp { get; init; }

    /// <summary>Whether no special token is decoded.</summary>
    internal bool HidesSpecialTokens { get; init; }

    /// <summary>Whether pairs are joined by the end-of-sequence token, whatever the post-processor would do.</summary>
    internal bool JoinsPairsByEnd { get; init; }

    /// <summary>The files to write when the tokenizer is saved.</summary>
    internal TokenizerFileSet Files { get; init; } = new(new Lazy<IReadOnlyList<KeyValuePair<string, byte[]>>>([]));
}

/// <summary>What transformers' <c>clean_up_tokenization_spaces</c> takes away from decoded text.</summary>
internal static class TextCleanUp
{
    internal static string Clean(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
}
