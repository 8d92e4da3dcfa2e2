namespace MLNet.Dispersion;

/// <summary>Says how far a measurement is.</summary>
public readonly record struct CondensationProgress
{
    /// <summary>Gets how many texts were measured; with <see cref="CondensationReportOptions.LayerByLayer"/> in all layers.</summary>
    public required int Texts { get; init; }

    /// <summary>Gets the hidden state that was measured last, 0..N, with <see cref="CondensationReportOptions.LayerByLayer"/>; null where each text goes through all layers at once.</summary>
    public int? HiddenState { get; init; }

    /// <summary>Gets the share of the work that is done, 0..1.</summary>
    public required double Share { get; init; }

    /// <summary>Gets how many texts there will be at most.</summary>
    public required int TotalTexts { get; init; }

    /// <summary>Gets the time since the first text.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets an estimate of the time left, from the work so far.</summary>
    public required TimeSpan Remaining { get; init; }
}
