using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class GeometrySaveLoadTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    private static readonly string?[] Texts = ["a cat", "red and green", null, "five", "👍🏽 emoji", "horse mouse sheep"];
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Load_Alone_MeasuresAsBefore()
    {
        using EmbeddingGeometryTransformer transformer = _ml.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, GeometryRow.Options(maxTokens: 20)).Fit(trained.Data);
        using var loaded = Assert.IsType<EmbeddingGeometryTransformer>(Reload(transformer));
        AssertSame(transformer, loaded);
        Assert.Equal(("Text", "Geometry", 20, 3, transformer.BackboneName), (loaded.TextColumnName, loaded.OutputColumnPrefix, loaded.MaxTokens, loaded.LayerCount, loaded.BackboneName));
        Assert.Equal([GeometryMeasure.MeanCosine, GeometryMeasure.EffectiveRank], loaded.Measures);
        using var again = Assert.IsType<EmbeddingGeometryTransformer>(Reload(loaded));
        AssertSame(transformer, again);
    }

    [Fact]
    public void Load_OfAFittedModel_HasTheWeightsInside()
    {
        using EmbeddingGeometryTransformer borrowing = _ml.MeasureEmbeddingGeometry("Text", trained.Chain, GeometryRow.Options()).Fit(trained.Data);
        var loaded = Assert.IsType<EmbeddingGeometryTransformer>(Reload(borrowing));
        AssertSame(borrowing, loaded);
        loaded.Dispose();
        Assert.Equal(3, Tuning.Scores(_ml, trained.Alone, "a cat").Length);
    }

    [Fact]
    public void Load_InAChainWithTheClassifier_MeasuresAndPredictsAsBefore()
    {
        EmbeddingGeometryTransformer geometry = _ml.MeasureEmbeddingGeometry("Text", trained.Alone, GeometryRow.Options()).Fit(trained.Data);
        var chain = new TransformerChain<ITransformer>(trained.Chain, geometry);
        ITransformer loaded = Reload(chain);
        AssertSame(chain, loaded);
        Assert.Equal(Tuning.Scores(_ml, chain, Texts), Tuning.Scores(_ml, loaded, Texts));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void Load_WeightsDamaged_NamesTheFile()
    {
        using EmbeddingGeometryTransformer transformer = _ml.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone).Fit(trained.Data);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, trained.Data.Schema, stream);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            zip.Entries.Single(entry => entry.FullName.EndsWith("model.safetensors", StringComparison.Ordinal)).Delete();
        }

        stream.Position = 0;
        string errors = $"{Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(stream, out _))}";
        Assert.Contains("model.safetensors", errors, StringComparison.Ordinal);
        Assert.Contains("no such file", errors, StringComparison.Ordinal);
    }

    private ITransformer Reload(ITransformer transformer)
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, trained.Data.Schema, stream);
        return new MLContext(seed: 2).Model.Load(stream, out _);
    }

    private void AssertSame(ITransformer expected, ITransformer actual)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text, Label = Rows.ClassNames[0] }));
        IDataView before = expected.Transform(data);
        IDataView after = actual.Transform(data);
        Assert.Equal(before.Schema.Select(column => (column.Name, column.Type.ToString())), after.Schema.Select(column => (column.Name, column.Type.ToString())));
        Assert.Equal(GeometryRow.Read(_ml, before).Select(row => row.Figures), GeometryRow.Read(_ml, after).Select(row => row.Figures));
    }
}
