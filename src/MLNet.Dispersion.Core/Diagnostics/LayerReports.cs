using System.Collections.ObjectModel;

namespace MLNet.Dispersion;

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
        var measures = GeometryMeasures.All.ToDictionary(measure => measure, measure => measure switch
        {
            GeometryMeasure.MeanCosine => cosine.MeanCosine,
            GeometryMeasure.MeanCosineOffDiagonal => cosine.MeanCosineOffDiagonal,
            _ => others[measure],
        });
        double fraction = layerCount == 1 ? 0 : (double)cosine.HiddenState / (layerCount - 1);
        return new LayerReport(cosine.Name, fraction, cosine, new ReadOnlyDictionary<GeometryMeasure, double>(measures), spectrum);
    }
}
