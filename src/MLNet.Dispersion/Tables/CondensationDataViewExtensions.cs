using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Turns what was measured into ML.NET's data, to be filtered, joined, saved or plotted there.</summary>
public static class CondensationDataViewExtensions
{
    /// <summary>One row a layer.</summary>
    /// <param name="report">The report.</param>
    /// <returns>
    /// In memory, independent of the report. Columns: <c>Model</c> (text), <c>Layer</c> (<see cref="int"/>, hidden state 0..N), <c>Name</c> (text,
    /// <c>embeddings</c> or the block's number), <c>Fraction</c> (<see cref="double"/>, depth 0..1); every measure under its name in
    /// <see cref="GeometryMeasure"/>, such as <c>MeanCosine</c> (<see cref="double"/>, NaN where there is none); <c>LastLayersMean</c>
    /// (<see cref="double"/>, the mean of the mean cosines of this layer and all later ones); the mean cosines' limits over other texts, where there are any, such as <c>MeanCosineLower</c>
    /// (<see cref="double"/>, see <see cref="CondensationIntervals"/>); what carries the cone, where it was measured, such as <c>ConeCentred</c>
    /// and <c>ConeWithoutStrongest4</c> (<see cref="double"/>, see <see cref="ConeFigures"/>); and, where histograms were counted, <c>Density</c> (vector of
    /// <see cref="double"/> of length 128: how the cosines are distributed, of area 1; slot names: the cosine in the middle of each bin).
    /// </returns>
    public static IDataView ToDataView(this CondensationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        IReadOnlyList<LayerReport> layers = report.Layers;
        List<TableDataColumn> columns =
        [
            TableDataColumn.OfTexts("Model", layers.Select(_ => report.Model)),
            TableDataColumn.OfIntegers("Layer", layers.Select(layer => layer.HiddenState)),
            TableDataColumn.OfTexts("Name", layers.Select(layer => layer.Name)),
            TableDataColumn.OfNumbers("Fraction", layers.Select(layer => layer.Fraction)),
            .. GeometryMeasures.All.Select(measure => TableDataColumn.OfNumbers($"{measure}", layers.Select(layer => layer.Measures[measure]))),
            TableDataColumn.OfNumbers("LastLayersMean", report.Profile.LastLayersMeans.Reverse()),
        ];
        if (report.Intervals is { } intervals)
        {
            columns.AddRange(intervals.Columns.Select(column => TableDataColumn.OfNumbers(column.Key, column.Value)));
        }

        if (report.Cone is { } cone)
        {
            columns.AddRange(cone.Columns.Select(column => TableDataColumn.OfNumbers(column.Key, column.Value)));
        }

        CosineHistogram?[] histograms = [.. layers.Select(layer => layer.Cosine.Summary.Histogram)];
        if (Array.TrueForAll(histograms, histogram => histogram is not null))
        {
            IEnumerable<string> bins = Enumerable.Range(0, CosineHistogram.BinCount).Select(bin => CosineHistogram.Centre(bin).ToString(CultureInfo.InvariantCulture));
            columns.Add(TableDataColumn.OfVectors("Density", bins, histograms.Select(histogram => histogram!.Density)));
        }

        return new TableDataView(columns);
    }

    /// <summary>One row a layer of the earlier report.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <returns>
    /// In memory. Columns: <c>Layer</c> (<see cref="int"/>, hidden state 0..N of the earlier report), <c>Name</c> (text), <c>Fraction</c>
    /// (<see cref="double"/>, depth 0..1); then three a measure, such as <c>MeanCosine.Before</c>, <c>MeanCosine.After</c> and <c>MeanCosine.Change</c>
    /// (<see cref="double"/>, change = after - before; NaN where one is missing).
    /// </returns>
    public static IDataView ToDataView(this CondensationComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        IReadOnlyList<LayerComparison> layers = comparison.Layers;
        return new TableDataView(
        [
            TableDataColumn.OfIntegers("Layer", Enumerable.Range(0, layers.Count)),
            TableDataColumn.OfTexts("Name", layers.Select(layer => layer.Name)),
            TableDataColumn.OfNumbers("Fraction", layers.Select(layer => layer.Fraction)),
            .. GeometryMeasures.All.SelectMany(measure => new[]
            {
                TableDataColumn.OfNumbers($"{measure}.Before", layers.Select(layer => layer.Before[measure])),
                TableDataColumn.OfNumbers($"{measure}.After", layers.Select(layer => layer.After[measure])),
                TableDataColumn.OfNumbers($"{measure}.Change", layers.Select(layer => layer.Change(measure))),
            }),
        ]);
    }
}
