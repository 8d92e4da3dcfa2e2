using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class GeometrySchemaTests
{
    private static readonly ModelSource NoBackbone = ModelSource.FromSource("none", new DirectorySource("there-is-no-such-directory"));
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void GetOutputSchema_Default_AddsTypedNamedColumns()
    {
        DataViewSchema input = Rows.View(_ml, 0).Schema;
        using EmbeddingGeometryTransformer transformer = _ml.MeasureEmbeddingGeometry(backbone: TinyBackbone.Backbone).Fit(Rows.View(_ml, 0));
        DataViewSchema output = transformer.GetOutputSchema(input);
        Assert.Equal(
            [.. input.Select(column => column.Name), "Geometry.MeanCosine", "Geometry.TrendSpearman", "Geometry.TrendKendall", "Geometry.TokenCount"],
            output.Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), output["Geometry.MeanCosine"].Type);
        Assert.Equal(NumberDataViewType.Single, output["Geometry.TrendSpearman"].Type);
        Assert.Equal(NumberDataViewType.Single, output["Geometry.TrendKendall"].Type);
        Assert.Equal(NumberDataViewType.Int32, output["Geometry.TokenCount"].Type);
        Assert.Equal(3, transformer.LayerCount);
        Assert.Equal(["embeddings", "layer 1", "layer 2"], SlotNames(output["Geometry.MeanCosine"]));
        Assert.Equal(output.Select(column => (column.Name, column.Type)), transformer.Transform(Rows.View(_ml, 1)).Schema.Select(column => (column.Name, column.Type)));
    }

    [Fact]
    public void GetOutputSchema_AllMeasures_AddsAVectorEach()
    {
        var options = new EmbeddingGeometryOptions { Measures = [.. GeometryMeasures.All.Reverse(), GeometryMeasure.StableRank], OutputColumnPrefix = "G" };
        using EmbeddingGeometryTransformer transformer = _ml.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, options).Fit(Rows.View(_ml, 0));
        IDataView measured = transformer.Transform(Rows.View(_ml, 3));
        DataViewSchema.Column[] added = [.. measured.Schema.Skip(4)];
        Assert.Equal([.. GeometryMeasures.All.Select(measure => $"G.{measure}"), "G.TrendSpearman", "G.TrendKendall", "G.TokenCount"], added.Select(column => column.Name));
        Assert.All(added[..GeometryMeasures.All.Count], column => Assert.Equal(["embeddings", "layer 1", "layer 2"], SlotNames(column)));
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        TextGeometry[] expected = new TextGeometryProbe(model, [.. GeometryMeasures.All]).Measure([.. Rows.Labelled(3).Select(row => row.Text)]);
        foreach (GeometryMeasure measure in GeometryMeasures.All)
        {
            float[][] values = [.. measured.GetColumn<float[]>($"G.{measure}")];
            Assert.All(values.Zip(expected), pair => GeometryRow.AssertClose([.. pair.Second.ByLayer(measure).Select(value => (float)value)], pair.First));
        }
    }

    [Fact]
    public void GetOutputSchema_BeforeFit_EqualsTheShapeAfterwards()
    {
        EmbeddingGeometryEstimator estimator = _ml.Transforms.Text.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, GeometryRow.Options());
        SchemaShape promised = estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema));
        using EmbeddingGeometryTransformer transformer = estimator.Fit(Rows.View(_ml, 0));
        SchemaShape kept = SchemaShapes.Of(transformer.GetOutputSchema(Rows.View(_ml, 0).Schema));
        Assert.Equal(Describe(kept), Describe(promised));
    }

    [Fact]
    public void GetOutputSchema_NoMeasureNamed_MeasuresTheMeanCosine()
    {
        EmbeddingGeometryEstimator estimator = _ml.MeasureEmbeddingGeometry("Text", NoBackbone, new EmbeddingGeometryOptions { Measures = [] });
        Assert.Contains(estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema)), column => column.Name == "Geometry.MeanCosine");
    }

    [Fact]
    public void Fluent_OnAnEstimatorAndAChain_KeepsItFlat()
    {
        EstimatorChain<EmbeddingGeometryTransformer> first = _ml.Transforms.CopyColumns("Copy", "Text").MeasureEmbeddingGeometry(_ml, backbone: NoBackbone);
        EstimatorChain<EmbeddingGeometryTransformer> second = first.MeasureEmbeddingGeometry(_ml, "Copy", NoBackbone, new EmbeddingGeometryOptions { OutputColumnPrefix = "Copied" });
        Assert.IsType<EmbeddingGeometryEstimator>(second.LastEstimator);
        SchemaShape shape = second.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema));
        Assert.Equal(
            ["Geometry.MeanCosine", "Geometry.TrendSpearman", "Geometry.TrendKendall", "Geometry.TokenCount", "Copied.MeanCosine", "Copied.TrendSpearman", "Copied.TrendKendall", "Copied.TokenCount"],
            shape.Select(column => column.Name).Skip(5));
    }

    [Fact]
    public void DefaultBackbone_IsTheEmbeddedOne()
    {
        using EmbeddingGeometryTransformer transformer = _ml.Transforms.Text.MeasureEmbeddingGeometry().Fit(Rows.View(_ml, 0));
        Assert.Equal("TinyEnglish", transformer.BackboneName);
        Assert.Equal(("Text", "Geometry", 512), (transformer.TextColumnName, transformer.OutputColumnPrefix, Math.Max(512, transformer.MaxTokens)));
        Assert.Equal([GeometryMeasure.MeanCosine], transformer.Measures);
        Assert.True(GeometryTrend(transformer) is >= -1 and <= 1);
    }

    [Theory]
    [InlineData("Nothing", "Could not find text column 'Nothing'", "'Text', 'Label'")]
    [InlineData("Id", "text column 'Id'", "got Single")]
    [InlineData("Pair", "text column 'Pair'", "got Vector<Single>")]
    public void Fit_TextColumnMissingOrOfAnotherType_NamesItBeforeLoading(string column, params string[] parts)
    {
        EmbeddingGeometryEstimator estimator = _ml.MeasureEmbeddingGeometry(column, NoBackbone);
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Rows.View(_ml, 1))), parts);
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 1).Schema))), parts);
    }

    [Fact]
    public void Transform_TextColumnMissing_NamesIt()
    {
        using EmbeddingGeometryTransformer transformer = _ml.MeasureEmbeddingGeometry(backbone: TinyBackbone.Backbone).Fit(Rows.View(_ml, 0));
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new { Body = "no column called Text" } });
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.Transform(data)), "text column 'Text'", "'Body'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetOutputSchema(data.Schema)), "text column 'Text'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetRowToRowMapper(data.Schema)), "text column 'Text'");
    }

    [Fact]
    public void Fit_BackboneMissing_NamesTheFile() =>
        Assert.Throws<ModelFileException>(() => _ml.MeasureEmbeddingGeometry("Text", NoBackbone).Fit(Rows.View(_ml, 1)));

    [Fact]
    public void Constructor_BadOption_NamesValueAndLimit()
    {
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { MaxTokens = 1 })), "MaxTokens is 1", "at least 2");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { Measures = [(GeometryMeasure)99] })), "99", "MeanCosine");
        AssertSays(Assert.Throws<ArgumentNullException>(() => With(new() { Measures = null! })), "Measures");
        AssertSays(Assert.Throws<ArgumentException>(() => With(new() { OutputColumnPrefix = " " })), "OutputColumnPrefix");
        AssertSays(Assert.Throws<ArgumentException>(() => With(new() { Device = "" })), "Device");
        AssertSays(Assert.Throws<ArgumentException>(() => _ml.MeasureEmbeddingGeometry(" ", NoBackbone)), "text column has no name");
        AssertSays(Assert.Throws<ArgumentException>(() => _ml.MeasureEmbeddingGeometry("Geometry.TokenCount", NoBackbone)), "'Geometry.TokenCount'", "OutputColumnPrefix");
        AssertSays(Assert.Throws<ArgumentException>(() => With(new() { Device = "toaster" }, TinyBackbone.Backbone).Fit(Rows.View(_ml, 0))), "toaster");
    }

    [Fact]
    public void Constructor_OptionsEditedLater_ChangesNothing()
    {
        EmbeddingGeometryOptions options = GeometryRow.Options();
        EmbeddingGeometryEstimator estimator = _ml.MeasureEmbeddingGeometry("Text", NoBackbone, options);
        options.OutputColumnPrefix = "Other";
        options.Measures = [];
        Assert.Contains(estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema)), column => column.Name == "Geometry.EffectiveRank");
    }

    private EmbeddingGeometryEstimator With(EmbeddingGeometryOptions options, ModelSource? backbone = null) => _ml.MeasureEmbeddingGeometry("Text", backbone ?? NoBackbone, options);

    private float GeometryTrend(EmbeddingGeometryTransformer transformer) =>
        transformer.Transform(_ml.Data.LoadFromEnumerable([new TextRow { Text = "The old man looked at the sea." }])).GetColumn<float>("Geometry.TrendSpearman").Single();

    private static string[] SlotNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static IEnumerable<string> Describe(SchemaShape shape) =>
        shape.Select(column => $"{column.Name}: {column.Kind} of {column.ItemType}, key {column.IsKey}, annotations {(column.Annotations is null ? "" : string.Join("; ", Describe(column.Annotations)))}").Order();

    private static void AssertSays(Exception error, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
}
