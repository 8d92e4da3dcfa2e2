namespace MLNet.Dispersion.Models;

/// <summary>The norms.</summary>
public enum NormKind
{
    /// <summary>Layer normalisation with weight and bias.</summary>
    Layer,

    /// <summary>Root-mean-square normalisation with a weight.</summary>
    RootMeanSquare,
}
