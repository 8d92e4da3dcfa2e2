namespace MLNet.Dispersion;

/// <summary>What choices count whose scores tie for the highest exactly, in the accuracies.</summary>
public enum TieRule
{
    /// <summary>k choices that tie count 1/k each, so that no order of the choices is favoured.</summary>
    Shared,

    /// <summary>The first of them is taken as the model's answer, as the usual harnesses do.</summary>
    First,
}
