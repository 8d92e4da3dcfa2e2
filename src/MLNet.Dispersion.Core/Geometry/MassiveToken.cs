namespace MLNet.Dispersion;

/// <summary>Holds where a token of a very large norm stands.</summary>
public readonly record struct MassiveToken
{
    /// <summary>Gets the text, counted from 0 among those that were measured.</summary>
    public required int Text { get; init; }

    /// <summary>Gets its position in the text, from 0.</summary>
    public required int Position { get; init; }

    /// <summary>Gets its norm.</summary>
    public required double Norm { get; init; }
}
