namespace MLNet.Dispersion.Models;

/// <summary>Says how rotary positions turn queries and keys, in the half-rotation form of Hugging Face.</summary>
public sealed record RotarySpec
{
    /// <summary>Gets the first features of each head that are turned; an even number.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Gets the base of the frequencies.</summary>
    public required double Theta { get; init; }

    /// <summary>Gets the stretching to a longer context; null for none.</summary>
    public RopeScaling? Scaling { get; init; }
}
