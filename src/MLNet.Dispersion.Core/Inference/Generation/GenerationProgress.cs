namespace MLNet.Dispersion;

/// <summary>How far a generation is.</summary>
public sealed record GenerationProgress
{
    /// <summary>Gets the number of texts that are complete.</summary>
    public required int FinishedTexts { get; init; }

    /// <summary>Gets the number of texts asked for.</summary>
    public required int TotalTexts { get; init; }

    /// <summary>Gets the number of tokens written so far, of all texts.</summary>
    public required long NewTokens { get; init; }

    /// <summary>Gets the time since the start.</summary>
    public required TimeSpan Elapsed { get; init; }
}
