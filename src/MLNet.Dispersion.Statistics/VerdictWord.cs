namespace MLNet.Dispersion.Statistics;

/// <summary>What a comparison says: one of four words, and no other.</summary>
public enum VerdictWord
{
    /// <summary>"cannot be told": none of the other three.</summary>
    CannotBeTold,

    /// <summary>"better": the interval lies wholly above 0, and its middle is at least the least effect.</summary>
    Better,

    /// <summary>"worse": the interval lies wholly below 0, and its middle is at most minus the least effect.</summary>
    Worse,

    /// <summary>"no difference that matters": the interval lies wholly between minus and plus the least effect.</summary>
    NoDifferenceThatMatters,
}
