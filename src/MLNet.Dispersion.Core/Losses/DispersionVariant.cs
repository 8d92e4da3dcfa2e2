namespace MLNet.Dispersion;

/// <summary>The forms of the dispersion loss. Reported values are the reference implementation's, so that they compare with published logs.</summary>
public enum DispersionVariant
{
    /// <summary>The paper's loss (default): log-mean-exp over token pairs of minus the angular distance over tau.</summary>
    AngularSpread,

    /// <summary>The log-mean of exponentials of the negative squared Euclidean distance, the diagonal included, plus 0.1 times the mean square of the features.</summary>
    L2Repel,

    /// <summary>Mean squared off-diagonal entry of the token-by-token correlation matrix.</summary>
    Decorrelation,

    /// <summary>Mean squared hinge below an angular margin.</summary>
    Orthogonalization,

    /// <summary>Minus the mean entropy, in bits, of each token's softmax over its neighbours.</summary>
    PerplexityEntropy,
}
