namespace MLNet.Dispersion.Studies;

/// <summary>The first objective's value while a trial was still running.</summary>
/// <param name="Step">How far it was, in units that all trials of the study share (epochs, steps); from 1.</param>
/// <param name="Value">The value there.</param>
public sealed record IntermediateValue(int Step, double Value);
