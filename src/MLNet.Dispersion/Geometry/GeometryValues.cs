using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The geometry of texts, as columns.</summary>
internal sealed class GeometryValues(SharedModel<MeasuredModel> model, TextGeometryProbe probe, GeometryColumns columns) : AddedValues
{
    private TextGeometry[] _geometry = [];

    internal override int Fill(RowTexts texts, long firstRow)
    {
        try
        {
            _geometry = model.Use(measured => measured.Use(_ => probe.Measure(texts.First)));
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"Measuring column '{columns.Text}' failed in the rows from {firstRow} to {firstRow + texts.Count - 1}; text 0 is that of row {firstRow}. {e.Message}"), e);
        }

        return _geometry.Count(text => text.IsTruncated);
    }

    internal override Delegate Getter(int offset, Func<int> current)
    {
        if (offset < columns.Measures.Count)
        {
            GeometryMeasure measure = columns.Measures[offset];
            return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Vectors.Copy<float>([.. Of(current()).ByLayer(measure).Select(v => (float)v)], ref value));
        }

        if (offset == columns.SpearmanOffset)
        {
            return (ValueGetter<float>)((ref float value) => value = (float)Of(current()).Trend.Spearman);
        }

        return offset == columns.KendallOffset
            ? (ValueGetter<float>)((ref float value) => value = (float)Of(current()).Trend.KendallTauB)
            : (ValueGetter<int>)((ref int value) => value = Of(current()).TokenCount);
    }

    private TextGeometry Of(int text) => _geometry[text];
}
