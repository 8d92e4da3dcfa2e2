using System.Numerics;

namespace MLNet.Dispersion.Models;

/// <summary>Says how scores fall with the distance of two tokens (ALiBi, Press et al. 2022, arXiv 2108.12409): the score of a key at place j gets slope times j, the slopes of H heads being powers of 2^(-8/H).</summary>
/// <param name="Scale">What this is multiplied by. Above 0; 1 for the paper's.</param>
/// <param name="IsRounded">Whether slopes and their products with places are rounded to bfloat16, as Falcon's are.</param>
public sealed record AlibiSpec(double Scale = 1, bool IsRounded = false)
{
    /// <summary>A slope for each head: powers of 2^(-8/n), n being the largest power of two that is no more than the heads; for the rest every second one of twice as many.</summary>
    /// <param name="heads">Query heads (H). At least 1.</param>
    public static IReadOnlyList<float> Slopes(int heads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        int whole = (int)BitOperations.RoundUpToPowerOf2((uint)heads + 1) / 2;
        IEnumerable<double> slopes = Enumerable.Range(1, whole).Select(i => Math.Pow(2, -8.0 * i / whole));
        IEnumerable<double> rest = Enumerable.Range(0, heads - whole).Select(i => Math.Pow(2, -4.0 * ((2 * i) + 1) / whole));
        return (float[])[.. slopes.Concat(rest).Select(slope => (float)slope)];
    }
}
