namespace MLNet.Dispersion.Tool;

/// <summary>What is learnt from rows.</summary>
internal enum TaskKind
{
    /// <summary>One of several classes.</summary>
    Classification,

    /// <summary>Yes or no.</summary>
    Binary,

    /// <summary>A number.</summary>
    Regression,

    /// <summary>Which of several labels.</summary>
    MultiLabel,

    /// <summary>A vector of each text, from pairs that belong together or whose likeness is known.</summary>
    Pairs,
}
