namespace MLNet.Dispersion;

/// <summary>How cosine matrices of several texts become one figure.</summary>
public enum CosineAveraging
{
    /// <summary>Matrices are averaged entry by entry, then summarised: the published convention, defined only for texts of equal token count.</summary>
    Elementwise,

    /// <summary>The entries of all matrices are pooled, so that each pair of tokens weighs the same and long texts weigh more: defined for any lengths.</summary>
    PooledPairs,
}
