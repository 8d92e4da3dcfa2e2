namespace MLNet.Dispersion;

/// <summary>Whether and how instructions share training rows.</summary>
public enum InstructionPacking
{
    /// <summary>Each is a row of its own; longer ones are cut.</summary>
    None,

    /// <summary>As many as fit share a row and do not see one another; positions begin anew with each. Longer ones are cut, the rest is lost (TRL's <c>bfd</c>).</summary>
    BestFit,

    /// <summary>The same, but longer ones are cut into pieces that do not see one another (TRL's <c>bfd_split</c>).</summary>
    BestFitSplit,

    /// <summary>All tokens one behind the other, cut into full rows, within which everything is seen (TRL's <c>wrapped</c>).</summary>
    Wrapped,
}
