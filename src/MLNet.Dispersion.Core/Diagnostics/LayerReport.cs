namespace MLNet.Dispersion;

/// <summary>One layer in a <see cref="CondensationReport"/>. Immutable and thread-safe.</summary>
/// <param name="Name">What tables call it: <c>embeddings</c> for hidden state 0, else the number of the block, from 1.</param>
/// <param name="Fraction">Its place in depth: index / N, 0..1 (0 for a model of one hidden state).</param>
/// <param name="Cosine">Cosine statistics over all measured texts, with histograms.</param>
/// <param name="Measures">Every measure. The cosines are over all measured texts; the others are means over the texts whose spectrum was taken
/// (<see cref="CondensationReport.SpectrumTexts"/>), of the finite values; NaN where there is none.</param>
/// <param name="Spectrum">Singular values relative to the largest, s_i / s_1, i = 1.., meaned over those texts that have an i-th one; empty without spectra.</param>
public sealed record LayerReport(
    string Name,
    double Fraction,
    LayerGeometry Cosine,
    IReadOnlyDictionary<GeometryMeasure, double> Measures,
    IReadOnlyList<double> Spectrum)
{
    /// <summary>The index in Hugging Face convention: 0 is the embedding output, 1..N the block outputs, the last one after the final norm.</summary>
    public int HiddenState => Cosine.HiddenState;
}
