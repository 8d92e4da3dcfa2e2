namespace MLNet.Dispersion;

/// <summary>Says how far a measurement is.</summary>
public readonly record struct CondensationProgress
{
    /// <summary>Gets how many texts were measured.</summary>
    public required int Texts { get; init; }

    /// <summary>Gets how many texts there will be at most.</summary>
    public required int TotalTexts { get; init; }

    /// <summary>Gets the time since the first text.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets an estimate of the time left, from the texts so far.</summary>
    public required TimeSpan Remaining { get; init; }
}
