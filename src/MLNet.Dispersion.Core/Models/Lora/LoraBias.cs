namespace MLNet.Dispersion;

/// <summary>Which biases are trained beside a low-rank adapter (PEFT: <c>bias</c>). They take the place of the base's.</summary>
public enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of the adapted layers.</summary>
    LoraOnly,

    /// <summary>All of the network, those of norms included.</summary>
    All,
}
