namespace MLNet.Dispersion;

/// <summary>How condensed a model was at one moment of its training.</summary>
public sealed record GeometrySnapshot
{
    /// <summary>Gets the number of optimizer steps done by then; 0 is before training.</summary>
    public required int Step { get; init; }

    /// <summary>Gets the geometry of the sample of texts, which is the same at every moment.</summary>
    public required CondensationProfile Profile { get; init; }
}
