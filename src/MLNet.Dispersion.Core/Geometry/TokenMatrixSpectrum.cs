using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The further measures of one layer's hidden states of one text: spectrum, high against low frequency, norms. Immutable and thread-safe; holds no tensors.</summary>
/// <remarks>
/// Computed in float64 from all eigenvalues of the smaller of <c>X X^T</c> and <c>X^T X</c>, for X and for X without its mean token: a diagnostic, not for
/// the inside of a training loop. Singular values below about 3e-7 of the largest, beneath what float32 hidden states resolve, count as 0.
/// </remarks>
public sealed class TokenMatrixSpectrum
{
    private TokenMatrixSpectrum(SingularSpectrum raw, SingularSpectrum centred, double lowFrequencyNorm, double meanNorm, double meanDirectionNorm)
    {
        Raw = raw;
        Centred = centred;
        HighFrequencyNorm = Math.Sqrt(centred.SingularValues.Sum(s => s * s));
        HighToLowFrequencyRatio = centred.SingularValues[0] / lowFrequencyNorm;
        MeanNorm = meanNorm;
        MeanDirectionNorm = meanDirectionNorm;
    }

    /// <summary>Gets the spectrum of the token matrix as it is.</summary>
    public SingularSpectrum Raw { get; }

    /// <summary>Gets the spectrum after taking away the mean token from every row.</summary>
    public SingularSpectrum Centred { get; }

    /// <summary>Gets what differs between tokens against what they share: <c>||X - mean|| / ||mean||</c> in the spectral norm, mean being each row replaced by the mean token.
    /// At least 0; infinite when the mean token is zero, NaN when all tokens are.</summary>
    public double HighToLowFrequencyRatio { get; }

    /// <summary>Gets <c>||X - mean||</c> in the Frobenius norm; at least 0.</summary>
    public double HighFrequencyNorm { get; }

    /// <summary>Gets the mean length of a token.</summary>
    public double MeanNorm { get; }

    /// <summary>Gets the length of the mean of the tokens' directions, 0..1; its square is the mean cosine, diagonal included. A zero token has the direction 0.</summary>
    public double MeanDirectionNorm { get; }

    /// <summary>Measures one token matrix.</summary>
    /// <param name="states">One layer's hidden states of one text, <c>[n, F]</c>, floating point, finite, n at least 1.</param>
    /// <exception cref="ArgumentException">The shape or type is wrong, or an entry is NaN or infinite.</exception>
    public static TokenMatrixSpectrum Measure(Tensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (states.dim() != 2 || states.numel() == 0 || !states.is_floating_point())
        {
            throw new ArgumentException($"The hidden states of one text must be [n, F] of a floating-point type, neither side 0; these are {states.dtype} [{string.Join(", ", states.shape)}].", nameof(states));
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor matrix = states.detach().cpu().to(ScalarType.Float64);
        if (!matrix.isfinite().all().item<bool>())
        {
            throw new ArgumentException("The hidden states hold NaN or infinity, so they have no spectrum: check the model's weights, or run it in Float32.", nameof(states));
        }

        Tensor mean = matrix.mean([0], keepdim: true);
        Tensor norms = matrix.norm(1, keepdim: true, p: 2f);
        Tensor directions = matrix / norms.Masked(norms.Is(0), 1);
        return new TokenMatrixSpectrum(
            SpectrumOf(matrix),
            SpectrumOf(matrix - mean),
            mean.norm().item<double>() * Math.Sqrt(matrix.shape[0]),
            norms.mean().item<double>(),
            directions.mean([0]).norm().item<double>());
    }

    /// <summary>Computes how the differences between tokens grew from one layer to this: the natural log of the ratio of <see cref="HighFrequencyNorm"/>.</summary>
    /// <param name="reference">The layer compared with; published: the embedding output (hidden state 0).</param>
    /// <returns>Above 0 when tokens moved apart; minus infinity when they fell together, NaN when they were together in both.</returns>
    public double LogHighFrequencyGrowth(TokenMatrixSpectrum reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Math.Log(HighFrequencyNorm / reference.HighFrequencyNorm);
    }

    // The roots of the eigenvalues of the smaller product of the matrix with itself: a third of the time of a singular value decomposition.
    // Squaring leaves half the digits to the smallest values; those it leaves none count as 0.
    private static SingularSpectrum SpectrumOf(Tensor matrix)
    {
        Tensor transposed = matrix.t();
        Tensor product = matrix.shape[0] < matrix.shape[1] ? matrix.mm(transposed) : transposed.mm(matrix);
        double[] ascending = [.. linalg.eigvalsh(product).data<double>()];
        double noise = ascending[^1] * ascending.Length * finfo(ScalarType.Float64).eps;
        return new SingularSpectrum([.. ascending.Reverse().Select(square => square > noise ? Math.Sqrt(square) : 0)]);
    }
}
