using System.Collections.ObjectModel;

namespace MLNet.Dispersion;

/// <summary>Holds one layer of a <see cref="CondensationReport"/>. Immutable and thread-safe.</summary>
public sealed record LayerReport
{
    /// <summary>Gets what tables call it: <c>embeddings</c> for hidden state 0, else the number of the block, from 1.</summary>
    public required string Name { get; init; }

    /// <summary>Gets its place in depth: index / N, 0..1 (0 for a model of one hidden state).</summary>
    public required double Fraction { get; init; }

    /// <summary>Gets the cosine statistics over all measured texts, with histograms where these were asked for.</summary>
    public required LayerGeometry Cosine { get; init; }

    /// <summary>Gets every measure. The cosines are over all measured texts; the others are means over the texts whose spectrum was taken
    /// (<see cref="CondensationReport.SpectrumTexts"/>), of the finite values; NaN where there is none.</summary>
    public required IReadOnlyDictionary<GeometryMeasure, double> Measures { get; init; }

    /// <summary>Gets the singular values relative to the largest, s_i / s_1, i = 1.., meaned over those texts that have an i-th one; empty without spectra.</summary>
    public required IReadOnlyList<double> Spectrum { get; init; }

    /// <summary>Gets the index in Hugging Face convention: 0 is the embedding output, 1..N the block outputs, the last one after the final norm.</summary>
    public int HiddenState => Cosine.HiddenState;
}

/// <summary>Puts a <see cref="LayerReport"/> together: what follows from the cosines is filled in.</summary>
internal static class LayerReports
{
    /// <summary>A layer.</summary>
    /// <param name="cosine">Its cosines.</param>
    /// <param name="layerCount">Hidden states of the model, N + 1.</param>
    /// <param name="others">The measures that are not cosines.</param>
    /// <param name="spectrum">The relative spectrum.</param>
    public static LayerReport Of(LayerGeometry cosine, int layerCount, IReadOnlyDictionary<GeometryMeasure, double> others, IReadOnlyList<double> spectrum)
    {
        var measures = GeometryMeasures.All.ToDictionary(measure => measure, measure => measure.ValueOf(cosine.Summary.Means) ?? others[measure]);
        double fraction = layerCount == 1 ? 0 : (double)cosine.HiddenState / (layerCount - 1);
        return new LayerReport { Name = cosine.Name, Fraction = fraction, Cosine = cosine, Measures = new ReadOnlyDictionary<GeometryMeasure, double>(measures), Spectrum = spectrum };
    }
}
