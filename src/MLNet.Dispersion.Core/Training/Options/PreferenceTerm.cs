namespace MLNet.Dispersion;

/// <summary>One of the losses that are added up for preference pairs.</summary>
/// <param name="Loss">Which.</param>
/// <param name="Weight">What it is multiplied by. Default 1. Above 0.</param>
public sealed record PreferenceTerm(PreferenceLoss Loss, double Weight = 1);
