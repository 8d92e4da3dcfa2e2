namespace MLNet.Dispersion.Text;

/// <summary>What the main files of a tokenizer make, before the side files have their say.</summary>
internal sealed record CheckpointParts
{
    internal required PipelineParts Parts { get; init; }

    internal required TokenizerClass Class { get; init; }

    /// <summary>The files to write besides the side files, as they were read.</summary>
    internal required IReadOnlyList<KeyValuePair<string, byte[]>> MainFiles { get; init; }

    /// <summary>Whether decoded text is cleaned up where nothing is said.</summary>
    internal bool CleansUp { get; init; }

    /// <summary>Whether no special token is decoded.</summary>
    internal bool HidesSpecialTokens { get; init; }

    /// <summary>Whether pairs are joined by the end-of-sequence token.</summary>
    internal bool JoinsPairsByEnd { get; init; }

    /// <summary>Whether the side files add no tokens and change no part.</summary>
    internal bool FileAlone { get; init; }

    /// <summary>The tokens that the main file's own table defines.</summary>
    internal IReadOnlyCollection<string> FileTokens { get; init; } = [];

    /// <summary>Makes the frame once the added tokens are known; null: as the parts say.</summary>
    internal Func<PipelineParts, AddedVocabulary, PipelineParts>? Frame { get; init; }

    /// <summary>What saved configurations must say for the same answers.</summary>
    internal IReadOnlyDictionary<string, bool> SavedFlags { get; init; } = new Dictionary<string, bool>();
}
