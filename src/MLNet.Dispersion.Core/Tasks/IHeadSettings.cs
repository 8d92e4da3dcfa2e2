namespace MLNet.Dispersion;

/// <summary>What the settings files of all heads hold.</summary>
internal interface IHeadSettings
{
    int MaxSequenceLength { get; }

    Precision ScoringPrecision { get; }

    bool Pairs { get; }

    /// <summary>What is wrong with the values, as a sentence without its stop; null when they are right.</summary>
    string? Problem { get; }
}
