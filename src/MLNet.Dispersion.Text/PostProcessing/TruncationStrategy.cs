namespace MLNet.Dispersion.Text;

/// <summary>Which text of a pair is cut.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one first, then both.</summary>
    LongestFirst,

    /// <summary>The first one alone.</summary>
    OnlyFirst,

    /// <summary>The second one alone.</summary>
    OnlySecond,
}
