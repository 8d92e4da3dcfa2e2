namespace MLNet.Dispersion;

/// <summary>A figure of one layer's hidden states of one text, the token matrix X <c>[n, F]</c> with singular values s.</summary>
public enum GeometryMeasure
{
    /// <summary>Mean cosine between tokens, the diagonal included (the published figure of condensation). -1..1, near 1 is condensed.</summary>
    MeanCosine,

    /// <summary>Mean cosine between different tokens. -1..1.</summary>
    MeanCosineOffDiagonal,

    /// <summary>Entropy of <c>s / sum s</c> in bits. 0..log2 of their number; low is condensed.</summary>
    SingularValueEntropy,

    /// <summary>Exponential of that entropy in natural units: how many equal singular values would have it. 1..their number.</summary>
    EffectiveRank,

    /// <summary><c>s_1^2 / sum s^2</c>: the share of X that one direction explains. 0..1; near 1 is condensed.</summary>
    MaximumExplainableVariance,

    /// <summary><c>(sum s^2)^2 / sum s^4</c>. 1..their number.</summary>
    ParticipationRatio,

    /// <summary><c>sum s^2 / s_1^2</c>. 1..their number.</summary>
    StableRank,

    /// <summary><c>||X - mean|| / ||mean||</c> in the spectral norm: what differs between tokens against what they share. At least 0; near 0 is condensed.</summary>
    HighToLowFrequencyRatio,

    /// <summary>Natural log of <c>||X - mean||</c> over the same of the embedding output, in the Frobenius norm: above 0 where tokens moved apart.</summary>
    HighFrequencyGrowth,

    /// <summary>Mean length of a token.</summary>
    MeanNorm,
}
