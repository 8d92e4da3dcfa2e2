namespace MLNet.Dispersion;

/// <summary>How much the rows of each class count in training.</summary>
public enum ClassWeighting
{
    /// <summary>Each row as much as any other.</summary>
    Even,

    /// <summary>Each class as much as any other, however many rows it has: a row counts <c>rows / (classes x rows of its class)</c>, as scikit-learn's <c>balanced</c>.</summary>
    Balanced,
}
