namespace MLNet.Dispersion;

/// <summary>A block's numbers where they lie in memory.</summary>
internal sealed class DecodeBlock
{
    internal required BlockSpec Spec { get; init; }

    /// <summary>What scores are multiplied by.</summary>
    internal required float Scale { get; init; }

    internal DecodeNorm? AttentionNorm { get; init; }

    internal DecodeNorm? AttentionOutputNorm { get; init; }

    internal DecodeNorm? MlpNorm { get; init; }

    internal DecodeNorm? MlpOutputNorm { get; init; }

    internal DecodeNorm? QueryNorm { get; init; }

    internal DecodeNorm? KeyNorm { get; init; }

    /// <summary>Queries, keys and values, in the order of the files.</summary>
    internal required DecodeProduct Input { get; init; }

    internal required DecodeProduct Output { get; init; }

    /// <summary>The gate, where there is one, and the plain layer.</summary>
    internal required DecodeProduct Up { get; init; }

    internal required DecodeProduct Down { get; init; }
}
