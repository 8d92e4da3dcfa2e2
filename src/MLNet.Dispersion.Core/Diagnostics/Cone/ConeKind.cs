namespace MLNet.Dispersion;

/// <summary>What carries a model's cone (<see cref="ConeReport.Kind"/>).</summary>
public enum ConeKind
{
    /// <summary>There is no cone: no block's mean cosine reaches <see cref="ConeReport.CondensedCosine"/>.</summary>
    None,

    /// <summary>Less than half of the mean cosine is left without four coordinates.</summary>
    FewCoordinates,

    /// <summary>It is there without them too.</summary>
    AllOver,
}
