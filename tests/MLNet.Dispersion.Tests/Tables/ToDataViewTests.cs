using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Tables;

public sealed class ToDataViewTests
{
    private static readonly CondensationReport Report = Measure(histograms: true);
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void ToDataView_Report_HasEveryFigureOfEveryLayer()
    {
        IDataView table = Report.ToDataView();
        Assert.Equal(["Model", "Layer", "Name", "Fraction", .. GeometryMeasures.All.Select(measure => $"{measure}"), "LastLayersMean", .. Report.Intervals!.Columns.Keys, .. Report.Cone!.Columns.Keys, "Density"], table.Schema.Select(column => column.Name));
        Assert.Equal(3, table.GetRowCount());
        Assert.All(table.GetColumn<string>("Model"), name => Assert.Equal(Report.Model, name));
        Assert.Equal([0, 1, 2], table.GetColumn<int>("Layer"));
        Assert.Equal(["embeddings", "1", "2"], table.GetColumn<string>("Name"));
        Assert.Equal([0, 0.5, 1], table.GetColumn<double>("Fraction"));
        foreach (GeometryMeasure measure in GeometryMeasures.All)
        {
            Assert.Equal(Report.Layers.Select(layer => layer.Measures[measure]), table.GetColumn<double>($"{measure}"));
        }

        Assert.All(Report.Intervals!.Columns, column => Assert.Equal(column.Value, table.GetColumn<double>(column.Key)));
        Assert.All(Report.Cone!.Columns, column => Assert.Equal(column.Value, table.GetColumn<double>(column.Key)));
        double[] cosines = [.. Report.Layers.Select(layer => layer.Measures[GeometryMeasure.MeanCosine])];
        Assert.All(table.GetColumn<double>("LastLayersMean").Select((mean, layer) => (mean, layer)), entry => Assert.Equal(cosines[entry.layer..].Average(), entry.mean, 1e-12));
    }

    [Fact]
    public void ToDataView_Histograms_AreAVectorWithTheBinsAsSlots()
    {
        DataViewSchema.Column column = Report.ToDataView().Schema["Density"];
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Double, 128), column.Type);
        VBuffer<ReadOnlyMemory<char>> slots = default;
        column.GetSlotNames(ref slots);
        Assert.Equal("-0.9921875", slots.GetItemOrDefault(0).ToString());
        double[][] densities = [.. Report.ToDataView().GetColumn<double[]>("Density")];
        Assert.All(densities.Zip(Report.Layers), pair => Assert.Equal(pair.Second.Cosine.Summary.Histogram!.Density, pair.First));
        Assert.All(densities, density => Assert.Equal(1, density.Sum() * 2 / 128, 1e-9));
        Assert.Null(Measure(histograms: false).ToDataView().Schema.GetColumnOrNull("Density"));
    }

    [Fact]
    public void ToDataView_Comparison_HasBeforeAfterAndChange()
    {
        CondensationReport later = CondensationReport.Measure(TinyBackbone.Backbone, TinyBackbone.LabelledTexts(12, seed: 9).Texts);
        CondensationComparison comparison = Report.CompareTo(later);
        IDataView table = comparison.ToDataView();
        Assert.Equal(3 + (3 * GeometryMeasures.All.Count), table.Schema.Count);
        Assert.Equal([0, 1, 2], table.GetColumn<int>("Layer"));
        Assert.Equal(["embeddings", "1", "2"], table.GetColumn<string>("Name"));
        foreach (GeometryMeasure measure in GeometryMeasures.All)
        {
            Assert.Equal(comparison.Layers.Select(layer => layer.Before[measure]), table.GetColumn<double>($"{measure}.Before"));
            Assert.Equal(comparison.Layers.Select(layer => layer.After[measure]), table.GetColumn<double>($"{measure}.After"));
            Assert.Equal(comparison.Layers.Select(layer => layer.Change(measure)), table.GetColumn<double>($"{measure}.Change"));
        }
    }

    [Fact]
    public void ToDataView_OtherPartsOfMLNet_TakeIt()
    {
        IDataView table = Report.ToDataView();
        IDataView chained = _ml.Data.FilterRowsByColumn(_ml.Data.Cache(_ml.Transforms.CopyColumns("Cosine", "MeanCosine").Fit(table).Transform(table)), "Fraction", lowerBound: 0.4);
        Assert.Equal([1, 2], _ml.Data.CreateEnumerable<LayerRow>(chained, reuseRowObject: false).Select(row => row.Layer));
        using var file = new TemporaryFile();
        using (FileStream stream = File.Create(file.Path))
        {
            _ml.Data.SaveAsBinary(table, stream);
        }

        Assert.Equal(table.GetColumn<double>("MeanCosine"), _ml.Data.LoadFromBinary(file.Path).GetColumn<double>("MeanCosine"));
        Assert.Equal(3, table.Preview().RowView.Length);
        Assert.Equal(3, _ml.Data.ShuffleRows(table, seed: 1).GetColumn<int>("Layer").Distinct().Count());
    }

    [Fact]
    public void GetGetter_InactiveColumnWrongTypeOrNoRow_SaysSo()
    {
        IDataView table = Report.ToDataView();
        using DataViewRowCursor cursor = table.GetRowCursor([table.Schema["Layer"]]);
        Assert.Contains("'Name' is not active", Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<ReadOnlyMemory<char>>(table.Schema["Name"])).Message, StringComparison.Ordinal);
        Assert.Contains("'Layer' holds", Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(table.Schema["Layer"])).Message, StringComparison.Ordinal);
        ValueGetter<int> read = cursor.GetGetter<int>(table.Schema["Layer"]);
        int value = 0;
        Assert.Throws<InvalidOperationException>(() => read(ref value));
        while (cursor.MoveNext())
        {
            read(ref value);
        }

        Assert.Equal(2, value);
        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => read(ref value));
    }

    private static CondensationReport Measure(bool histograms) =>
        CondensationReport.Measure(TinyBackbone.Backbone, TinyBackbone.LabelledTexts(12).Texts, new CondensationReportOptions { Histograms = histograms, Device = "cpu" });

    private sealed class LayerRow
    {
        public int Layer { get; set; }

        public double Cosine { get; set; }
    }
}
