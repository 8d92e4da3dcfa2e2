using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class GeometryValuesTests : IDisposable
{
    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };
    private static readonly GeometryMeasure[] Measures = [GeometryMeasure.MeanCosine, GeometryMeasure.EffectiveRank];
    private readonly MLContext _ml = new(seed: 1);
    private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Transform_ManyRows_EqualsTheProbe()
    {
        IDataView data = Rows.View(_ml, 100);
        using EmbeddingGeometryTransformer transformer = Fit();
        List<GeometryRow> rows = GeometryRow.Read(_ml, transformer.Transform(data));
        string?[] texts = [.. Rows.Labelled(100).Select(row => row.Text)];
        TextGeometry[] expected = new TextGeometryProbe(_model, Measures).Measure(texts);
        Assert.Equal(texts, rows.Select(row => row.Text));
        Assert.All(rows.Zip(expected), pair => GeometryRow.AssertClose(GeometryRow.Expected(pair.Second), pair.First.Figures));
        Assert.All(rows, row => Assert.Equal(3, row.MeanCosine.Length));
        Assert.True(rows.Select(row => row.MeanCosine[2]).Distinct().Count() > 50);
    }

    [Fact]
    public void PredictionEngine_EachRow_EqualsTransform()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        List<GeometryRow> bulk = GeometryRow.Read(_ml, transformer.Transform(Rows.View(_ml, 40)));
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, GeometryRow>(transformer, Shared);
        Assert.All(Rows.Labelled(40).Zip(bulk), pair => GeometryRow.AssertClose(pair.Second.Figures, engine.Predict(pair.First).Figures));
    }

    [Fact]
    public void PredictionEngine_OfAChain_EqualsTransform()
    {
        using TransformerChain<EmbeddingGeometryTransformer> chain = _ml.Transforms.CopyColumns("Body", "Text")
            .MeasureEmbeddingGeometry(_ml, "Body", TinyBackbone.Backbone, GeometryRow.Options())
            .Fit(Rows.View(_ml, 1));
        using EmbeddingGeometryTransformer alone = Fit();
        List<GeometryRow> bulk = GeometryRow.Read(_ml, alone.Transform(Rows.View(_ml, 12)));
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, GeometryRow>(chain, Shared);
        Assert.All(Rows.Labelled(12).Zip(bulk), pair => GeometryRow.AssertClose(pair.Second.Figures, engine.Predict(pair.First).Figures));
    }

    [Fact]
    public void RowToRowMapper_EachRow_EqualsTransform()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        List<GeometryRow> bulk = GeometryRow.Read(_ml, transformer.Transform(Rows.View(_ml, 10)));
        IDataView data = Rows.View(_ml, 10);
        IRowToRowMapper mapper = transformer.GetRowToRowMapper(data.Schema);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        using DataViewRow row = mapper.GetRow(cursor, mapper.OutputSchema);
        ValueGetter<VBuffer<float>> read = row.GetGetter<VBuffer<float>>(row.Schema["Geometry.MeanCosine"]);
        foreach (GeometryRow expected in bulk)
        {
            Assert.True(cursor.MoveNext());
            VBuffer<float> cosines = default;
            read(ref cosines);
            GeometryRow.AssertClose(expected.MeanCosine, [.. cosines.DenseValues()]);
        }
    }

    [Fact]
    public void Transform_NullBlankBrokenAndForeignTexts_AreDefined()
    {
        string?[] texts = [null, "", "   ", "a", "\ud800 half a pair", "👍🏽 emoji", "ordinary words"];
        using EmbeddingGeometryTransformer transformer = Fit();
        List<GeometryRow> rows = GeometryRow.Read(_ml, transformer.Transform(View(texts)));
        TextGeometry[] expected = new TextGeometryProbe(_model, Measures).Measure(texts);
        Assert.All(rows.Zip(expected), pair => GeometryRow.AssertClose(GeometryRow.Expected(pair.Second), pair.First.Figures));
        Assert.All(rows[..2], row => Assert.Equal(0, row.TokenCount));
        Assert.All(rows[..2], row => Assert.All(row.Figures[..^1], value => Assert.Equal(float.NaN, value)));
        Assert.Equal(1, rows[3].TokenCount);
        Assert.All(rows[3].MeanCosine, value => Assert.Equal(float.NaN, value));
        Assert.Equal((float.NaN, float.NaN), (rows[3].TrendSpearman, rows[3].TrendKendall));
        Assert.All(rows[3].EffectiveRank, value => Assert.Equal(1f, value, 1e-4f));
        Assert.All(rows[4..], row => Assert.All(row.Figures, value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void Transform_LongTexts_AreCutWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        string[] texts = [.. Enumerable.Range(0, 70).Select(i => string.Join(' ', Enumerable.Repeat("invoice", i < 5 ? 30 : 3)))];
        using EmbeddingGeometryTransformer transformer = Fit(maxTokens: 10);
        List<GeometryRow> rows = GeometryRow.Read(_ml, transformer.Transform(View(texts)));
        Assert.All(rows[..5], row => Assert.Equal(10, row.TokenCount));
        Assert.All(rows[5..], row => Assert.InRange(row.TokenCount, 2, 9));
        string warning = Assert.Single(log.Warnings);
        Assert.Contains("5 text(s) of column 'Text'", warning, StringComparison.Ordinal);
        Assert.Contains("were measured by their beginning", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void MaxTokens_BeyondTheContext_IsTheContext()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        Assert.Equal(TinyBackbone.ContextLength, transformer.MaxTokens);
        Assert.Equal(TinyBackbone.ContextLength, GeometryRow.Read(_ml, transformer.Transform(View(new string('x', 500))))[0].TokenCount);
    }

    [Fact]
    public void Transform_NoRows_GivesNoRows()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        Assert.Empty(GeometryRow.Read(_ml, transformer.Transform(Rows.View(_ml, 0))));
    }

    [Fact]
    public void GetRowCursor_NoGeometryAsked_UsesNoModel()
    {
        CountingModel model = Counting(out EmbeddingGeometryTransformer transformer);
        IDataView measured = transformer.Transform(Rows.View(_ml, 100));
        model.Uses = 0;
        Assert.Equal(100, _ml.Data.CreateEnumerable<TextRow>(measured, reuseRowObject: false).Count());
        using (DataViewRowCursor cursor = measured.GetRowCursor([measured.Schema["Geometry.MeanCosine"]]))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Equal(0, model.Uses);
        Assert.Equal(100, GeometryRow.Read(_ml, measured).Count);
        Assert.Equal(3, model.Uses);
        transformer.Dispose();
        Assert.Equal(1, model.Disposals);
    }

    [Fact]
    public void Read_HiddenStateIsNotFinite_NamesColumnRowsAndLayer()
    {
        using var broken = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (no_grad())
        {
            // What a block adds to its input: the embeddings below it stay finite.
            broken.Backbone.named_parameters().First(pair => pair.name.EndsWith("mlp.c_proj.weight", StringComparison.Ordinal)).parameter.fill_(float.NaN);
        }

        using var transformer = new EmbeddingGeometryTransformer(_ml, Columns(), "broken", Dispersion.MeasuredModel.Owning(broken), 512);
        IDataView measured = transformer.Transform(Rows.View(_ml, 40));
        var error = Assert.Throws<InvalidOperationException>(() => GeometryRow.Read(_ml, measured));
        Assert.Contains("column 'Text'", error.Message, StringComparison.Ordinal);
        Assert.Contains("rows from 0 to 31", error.Message, StringComparison.Ordinal);
        Assert.Contains("Hidden state 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_ManyThreadsAtOnce_AllRowsRight()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        IDataView measured = transformer.Transform(Rows.View(_ml, 50));
        List<GeometryRow> expected = GeometryRow.Read(_ml, measured);
        Parallel.For(0, 4, _ => Assert.All(GeometryRow.Read(_ml, measured).Zip(expected), pair => GeometryRow.AssertClose(pair.Second.Figures, pair.First.Figures)));
    }

    [Fact]
    public void Cache_ShuffleAndFilter_KeepRowsTogether()
    {
        using EmbeddingGeometryTransformer transformer = Fit();
        IDataView measured = transformer.Transform(Rows.View(_ml, 60));
        List<GeometryRow> expected = GeometryRow.Read(_ml, measured);
        IDataView mixed = _ml.Data.FilterRowsByColumn(_ml.Data.ShuffleRows(_ml.Data.Cache(measured), seed: 5), "Id", 10, 30);
        List<GeometryRow> rows = GeometryRow.Read(_ml, mixed);
        Assert.Equal(20, rows.Count);
        Assert.All(rows, row => GeometryRow.AssertClose(expected[(int)row.Id].Figures, row.Figures));
    }

    private static GeometryColumns Columns() => new("Text", "Geometry", Measures);

    private EmbeddingGeometryTransformer Fit(int maxTokens = 512) =>
        _ml.Transforms.Text.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, GeometryRow.Options(maxTokens)).Fit(Rows.View(_ml, 0));

    private CountingModel Counting(out EmbeddingGeometryTransformer transformer)
    {
        var model = new CountingModel(PretrainedLanguageModel.Load(TinyBackbone.Backbone));
        transformer = new EmbeddingGeometryTransformer(_ml, Columns(), "counted", model, 512);
        return model;
    }

    private IDataView View(params string?[] texts) => _ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
}
