namespace MLNet.Dispersion.Studies;

/// <summary>Holds the first objective's value while a trial was still running.</summary>
public sealed record IntermediateValue
{
    /// <summary>Gets how far the trial was, in units that all trials of the study share (epochs, steps); from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Gets the value there; NaN where there was none.</summary>
    public required double Value { get; init; }
}
