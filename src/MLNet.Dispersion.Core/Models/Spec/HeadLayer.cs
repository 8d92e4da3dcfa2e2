namespace MLNet.Dispersion.Models;

/// <summary>Says how one layer of a head below its last one is made: a dense layer with its activation, or a norm.</summary>
/// <param name="Name">The name in the files, without its last part.</param>
public sealed record HeadLayer(string Name)
{
    /// <summary>Gets the norm; null (default) for a dense layer.</summary>
    public NormSpec? Norm { get; init; }

    /// <summary>Gets the activation behind a dense layer; null (default) for none.</summary>
    public Activation? Activation { get; init; }

    /// <summary>Gets a value indicating whether a dense layer has a bias. Default true.</summary>
    public bool HasBias { get; init; } = true;

    /// <summary>Gets the features that come out of a dense layer; null (default) for as many as go in. At least 1.</summary>
    public int? Size { get; init; }

    /// <summary>Gets the probability of dropping a feature of what goes in, in training. 0..1, 1 excluded; default 0.</summary>
    public double Dropout { get; init; }
}
