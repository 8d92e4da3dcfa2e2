namespace MLNet.Dispersion.Models;

/// <summary>Positions are divided by a factor.</summary>
/// <param name="Factor">The factor. Above 0.</param>
public sealed record LinearRopeScaling(double Factor) : RopeScaling
{
    internal override double[] Frequencies(int dimensions, double theta, long length) => [.. Plain(dimensions, theta).Select(frequency => frequency / Factor)];
}
