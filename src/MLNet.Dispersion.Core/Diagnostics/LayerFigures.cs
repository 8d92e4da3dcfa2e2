using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>All figures of one layer's hidden states of one text.</summary>
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

        CosineMeans cosine = wide.shape[0] < 2 ? new CosineMeans(double.NaN, double.NaN) : CosineGeometry.Means(wide);
        double high = (wide - wide.mean([0], keepdim: true)).norm().item<double>();
        return new LayerFigures(cosine, meanNorm, high, spectrum ? TokenMatrixSpectrum.Measure(wide) : null);
    }

    /// <summary>The value of a measure.</summary>
    /// <param name="measure">The measure.</param>
    /// <param name="embeddings">Hidden state 0 of the same text.</param>
    public double Value(GeometryMeasure measure, LayerFigures embeddings) => measure switch
    {
        GeometryMeasure.MeanCosine => Cosine.Full,
        GeometryMeasure.MeanCosineOffDiagonal => Cosine.OffDiagonal,
        GeometryMeasure.SingularValueEntropy => Spectrum!.Raw.EntropyBits,
        GeometryMeasure.EffectiveRank => Spectrum!.Raw.EffectiveRank,
        GeometryMeasure.MaximumExplainableVariance => Spectrum!.Raw.MaximumExplainableVariance,
        GeometryMeasure.ParticipationRatio => Spectrum!.Raw.ParticipationRatio,
        GeometryMeasure.StableRank => Spectrum!.Raw.StableRank,
        GeometryMeasure.HighToLowFrequencyRatio => Spectrum!.HighToLowFrequencyRatio,
        GeometryMeasure.HighFrequencyGrowth => Math.Log(HighFrequencyNorm / embeddings.HighFrequencyNorm),
        GeometryMeasure.MeanNorm => MeanNorm,
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "There is no such measure."),
    };
}
