namespace MLNet.Dispersion.Models;

/// <summary>Says how the scores of an encoder depend on the distance of two tokens by learned weights, which all blocks share.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public abstract record RelativeSpec
{
    private protected RelativeSpec()
    {
    }

    /// <summary>The row of the learned table for a distance.</summary>
    /// <param name="distance">The query's column less the key's.</param>
    public abstract long RowOf(long distance);
}
