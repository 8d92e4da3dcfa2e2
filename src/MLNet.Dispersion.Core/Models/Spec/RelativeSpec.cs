namespace MLNet.Dispersion.Models;

/// <summary>Says how the scores of an encoder depend on the distance of two tokens by learned weights, which all blocks share.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public abstract record RelativeSpec
{
    private protected RelativeSpec()
    {
    }
}
