namespace MLNet.Dispersion;

/// <summary>Measures of how many directions a matrix really uses, from its singular values. Immutable and thread-safe.</summary>
/// <remarks>A matrix of zeros uses no direction: every measure is 0 then.</remarks>
public sealed class SingularSpectrum
{
    internal SingularSpectrum(double[] singularValues)
    {
        SingularValues = singularValues;
        double sum = singularValues.Sum(), squares = singularValues.Sum(s => s * s), fourth = singularValues.Sum(s => s * s * s * s);
        if (squares == 0)
        {
            return;
        }

        EntropyBits = singularValues.Select(s => s / sum).Where(p => p > 0).Sum(p => -p * Math.Log2(p));
        EffectiveRank = Math.Pow(2, EntropyBits);
        TopSingularShare = singularValues[0] / sum;
        MaximumExplainableVariance = singularValues[0] * singularValues[0] / squares;
        ParticipationRatio = squares * squares / fourth;
        StableRank = squares / (singularValues[0] * singularValues[0]);
    }

    /// <summary>Gets the singular values s, largest first; as many as the smaller side of the matrix.</summary>
    public IReadOnlyList<double> SingularValues { get; }

    /// <summary>Gets the entropy of <c>s / sum s</c> in bits, 0..log2 of their number.</summary>
    public double EntropyBits { get; }

    /// <summary>Gets the number of equal singular values that would have this entropy, 1..their number.</summary>
    public double EffectiveRank { get; }

    /// <summary>Gets <c>s_1 / sum s</c>, 0..1.</summary>
    public double TopSingularShare { get; }

    /// <summary>Gets <c>s_1^2 / sum s^2</c>, 0..1: how much of the matrix one direction explains.</summary>
    public double MaximumExplainableVariance { get; }

    /// <summary>Gets <c>(sum s^2)^2 / sum s^4</c>, 1..their number.</summary>
    public double ParticipationRatio { get; }

    /// <summary>Gets <c>sum s^2 / s_1^2</c>, 1..their number.</summary>
    public double StableRank { get; }
}
