using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Writes a <see cref="CondensationReport"/> as comma-separated values.</summary>
internal static class ReportCsv
{
    /// <summary>The document.</summary>
    public static string Write(CondensationReport report)
    {
        var csv = new CsvText();
        csv.Add([
            "model", "hiddenState", "layer", "fraction", .. GeometryMeasures.All.Select(measure => measure.MachineName()), "averaging",
            "pooledMeanCosine", "pooledMeanCosineOffDiagonal", "elementwiseMeanCosine", "elementwiseMeanCosineOffDiagonal", "lastLayersMean"]);
        foreach (LayerReport layer in report.Layers)
        {
            csv.Add(Fields(report, layer));
        }

        return csv.ToString();
    }

    /// <summary>The convention's name in files.</summary>
    public static string Name(CosineAveraging averaging) => averaging == CosineAveraging.Elementwise ? "elementwise" : "pooledPairs";

    private static IEnumerable<string> Fields(CondensationReport report, LayerReport layer)
    {
        CosineMeans pooled = layer.Cosine.Pooled.Means;
        CosineMeans elementwise = layer.Cosine.Elementwise?.Means ?? new CosineMeans(double.NaN, double.NaN);
        double lastLayers = report.Profile.LastLayersMeans[report.Layers.Count - 1 - layer.HiddenState];
        return [
            report.Model,
            layer.HiddenState.ToString(CultureInfo.InvariantCulture),
            layer.Name,
            Figures.Exact(layer.Fraction),
            .. GeometryMeasures.All.Select(measure => Figures.Exact(layer.Measures[measure])),
            Name(report.Profile.Averaging),
            .. new[] { pooled.Full, pooled.OffDiagonal, elementwise.Full, elementwise.OffDiagonal, lastLayers }.Select(Figures.Exact)];
    }
}
