namespace MLNet.Dispersion;

/// <summary>How condensed a model was at one moment of its training.</summary>
/// <param name="Step">Optimizer steps done by then; 0 is before training.</param>
/// <param name="Profile">The geometry of the same fixed sample of texts at every moment.</param>
public sealed record GeometrySnapshot(int Step, CondensationProfile Profile);
