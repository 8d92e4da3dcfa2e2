using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>All figures of one layer's hidden states of one text, which measures are made of.</summary>
/// <param name="Cosine">Mean cosines; NaN for one token.</param>
/// <param name="MeanNorm">The mean length of a token.</param>
/// <param name="HighFrequencyNorm"><c>||X - mean||</c> in the Frobenius norm.</param>
/// <param name="Spectrum">Singular values; null when they were not asked for.</param>
internal sealed record LayerFigures(CosineMeans Cosine, double MeanNorm, double HighFrequencyNorm, TokenMatrixSpectrum? Spectrum)
{
    /// <summary>Measures one layer; null when a state is not finite.</summary>
    /// <param name="states"><c>[n, F]</c>, n at least 1.</param>
    /// <param name="spectrum">Whether to take the singular values.</param>
    public static LayerFigures? Measure(Tensor states, bool spectrum)
    {
        using var scope = NewDisposeScope();
        Tensor wide = states.detach().to(ScalarType.Float64);
        double meanNorm = wide.norm(1, keepdim: false, p: 2f).mean().item<double>();
        if (!double.IsFinite(meanNorm))
        {
            return null;
        }

        CosineMeans cosine = wide.shape[0] < 2 ? new CosineMeans { Full = double.NaN, OffDiagonal = double.NaN } : CosineGeometry.Means(wide);
        double high = (wide - wide.mean([0], keepdim: true)).norm().item<double>();
        return new LayerFigures(cosine, meanNorm, high, spectrum ? TokenMatrixSpectrum.Measure(wide) : null);
    }
}
