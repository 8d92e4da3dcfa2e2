namespace MLNet.Dispersion.Models;

/// <summary>Says how rotary positions turn queries and keys.</summary>
public sealed record RotarySpec
{
    /// <summary>Gets the first features of each head that are turned; an even number.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Gets the base of the frequencies.</summary>
    public required double Theta { get; init; }

    /// <summary>Gets a value indicating whether features 2i and 2i + 1 are turned together, as in GPT-J; false for i and i + half of them, the form of Llama.</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Gets the stretching to a longer context; null for none.</summary>
    public RopeScaling? Scaling { get; init; }

    /// <summary>Gets what cosines and sines are multiplied by.</summary>
    public double AttentionFactor => Scaling?.AttentionFactor ?? 1;

    /// <summary>The angles of one step, in radians, one for each pair of features.</summary>
    /// <param name="length">The tokens of the longest sequence of the batch, by which <see cref="DynamicRopeScaling"/> and <see cref="LongRopeScaling"/> choose.</param>
    public IReadOnlyList<double> Frequencies(long length = 0) => Scaling?.Frequencies(Dimensions, Theta, length) ?? RopeScaling.Plain(Dimensions, Theta);
}
