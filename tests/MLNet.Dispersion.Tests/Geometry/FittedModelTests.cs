using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class FittedModelTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    private static readonly string?[] Texts = ["a cat", "red and green and blue", "", "five", "horse mouse sheep"];
    private readonly MLContext _ml = trained.Ml;

    [Fact]
    public void Find_AloneInAChainAndInNestedChains_IsTheSame()
    {
        Assert.Same(trained.Alone, FittedModel.Find(trained.Alone, "fitted"));
        Assert.Same(trained.Alone, FittedModel.Find(trained.Chain, "fitted"));
        Assert.Same(trained.Alone, FittedModel.Find(new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(trained.Chain)), "fitted"));
        Assert.Same(trained.Alone, FittedModel.Find(new TransformerChain<ITransformer>(trained.Chain, trained.Alone), "fitted"));
    }

    [Fact]
    public void Find_NoneThere_SaysWhatIs()
    {
        ITransformer other = _ml.Transforms.CopyColumns("Copy", "Text").Fit(trained.Data);
        var error = Assert.Throws<ArgumentException>(() => _ml.Transforms.Text.MeasureEmbeddingGeometry("Text", other));
        Assert.Contains("FineTuneWithDispersionTransformer", error.Message, StringComparison.Ordinal);
        Assert.Contains("ColumnCopyingTransformer", error.Message, StringComparison.Ordinal);
        Assert.Equal("fitted", error.ParamName);
        Assert.Contains("an empty chain", Assert.Throws<ArgumentException>(() => FittedModel.Find(new TransformerChain<ITransformer>(), "fitted")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => _ml.MeasureEmbeddingGeometry("Text", (ITransformer)null!));
    }

    [Fact]
    public void Find_Several_NamesThem()
    {
        using FineTuneWithDispersionTransformer another = Rows.Transformer(_ml, new FakeScorer());
        var chain = new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(another), trained.Chain);
        var error = Assert.Throws<ArgumentException>(() => _ml.MeasureEmbeddingGeometry("Text", chain));
        Assert.Contains("2 fitted models", error.Message, StringComparison.Ordinal);
        Assert.Contains("Fake on column 'Text'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{trained.Alone.BackboneName} on column 'Text'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_FittedModel_MeasuresTheFineTunedWeights()
    {
        using EmbeddingGeometryTransformer tuned = _ml.Transforms.Text.MeasureEmbeddingGeometry("Text", trained.Chain, GeometryRow.Options()).Fit(trained.Data);
        List<GeometryRow> rows = GeometryRow.Read(_ml, tuned.Transform(View()));
        TextGeometry[] expected = new TextGeometryProbe(trained.Alone.LanguageModel, [GeometryMeasure.MeanCosine, GeometryMeasure.EffectiveRank]).Measure(Texts);
        Assert.All(rows.Zip(expected), pair => GeometryRow.AssertClose(GeometryRow.Expected(pair.Second), pair.First.Figures));
        using EmbeddingGeometryTransformer before = _ml.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, GeometryRow.Options()).Fit(trained.Data);
        Assert.NotEqual(GeometryRow.Read(_ml, before.Transform(View()))[0].MeanCosine, rows[0].MeanCosine);
        Assert.Equal(trained.Alone.BackboneName, tuned.BackboneName);
    }

    [Fact]
    public void Transform_FittedLanguageModel_MeasuresItsWeights()
    {
        using LanguageModelTransformer fitted = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, LanguageRow.Options()).Fit(trained.Data);
        using EmbeddingGeometryTransformer expected = _ml.MeasureEmbeddingGeometry("Text", TinyBackbone.Backbone, GeometryRow.Options()).Fit(trained.Data);

        using EmbeddingGeometryTransformer measured = _ml.MeasureEmbeddingGeometry("Text", new TransformerChain<ITransformer>(fitted), GeometryRow.Options()).Fit(trained.Data);
        CondensationReport report = _ml.MeasureCondensation(trained.Data, "Text", fitted, new CondensationReportOptions { MinTokens = 2 });

        Assert.All(
            GeometryRow.Read(_ml, expected.Transform(View())).Zip(GeometryRow.Read(_ml, measured.Transform(View()))),
            pair => GeometryRow.AssertClose(pair.First.Figures, pair.Second.Figures));
        Assert.Equal(fitted.BackboneName, report.Model);
        Assert.Throws<ArgumentException>(() => FittedModel.Find(measured, "fitted"));
    }

    [Fact]
    public void Fluent_FittedModel_MeasuresBehindOtherParts()
    {
        using TransformerChain<EmbeddingGeometryTransformer> one = _ml.Transforms.CopyColumns("Copy", "Text").MeasureEmbeddingGeometry(_ml, "Copy", trained.Chain, GeometryRow.Options()).Fit(View());
        using TransformerChain<EmbeddingGeometryTransformer> two = _ml.Transforms.CopyColumns("Copy", "Text").Append(_ml.Transforms.CopyColumns("Copy2", "Copy"))
            .MeasureEmbeddingGeometry(_ml, "Copy2", trained.Alone, GeometryRow.Options()).Fit(View());
        Assert.All(
            GeometryRow.Read(_ml, one.Transform(View())).Zip(GeometryRow.Read(_ml, two.Transform(View()))),
            pair => GeometryRow.AssertClose(pair.First.Figures, pair.Second.Figures));
    }

    [Fact]
    public void Dispose_OfWhatMeasures_LeavesTheFittedModelAlone()
    {
        EmbeddingGeometryTransformer geometry = _ml.MeasureEmbeddingGeometry("Text", trained.Alone, GeometryRow.Options()).Fit(trained.Data);
        IDataView measured = geometry.Transform(View());
        geometry.Dispose();
        geometry.Dispose();
        Assert.Throws<ObjectDisposedException>(() => geometry.Transform(View()));
        Assert.Throws<ObjectDisposedException>(() => geometry.GetOutputSchema(View().Schema));
        Assert.Throws<ObjectDisposedException>(() => GeometryRow.Read(_ml, measured));
        Assert.Equal(3 * Texts.Length, Tuning.Scores(_ml, trained.Alone, Texts).Length);
    }

    [Fact]
    public void Dispose_OfTheFittedModel_EndsWhatMeasuresIt()
    {
        FineTuneWithDispersionTransformer fitted = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12));
        EmbeddingGeometryEstimator estimator = _ml.MeasureEmbeddingGeometry("Text", fitted, GeometryRow.Options());
        using EmbeddingGeometryTransformer geometry = estimator.Fit(trained.Data);
        IDataView measured = geometry.Transform(View());
        fitted.Dispose();
        Assert.Contains("fine-tuned model was disposed", Assert.Throws<ObjectDisposedException>(() => GeometryRow.Read(_ml, measured)).Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => geometry.Transform(View()));
        Assert.Throws<ObjectDisposedException>(() => estimator.Fit(trained.Data));
        using var stream = new MemoryStream();
        Assert.Throws<ObjectDisposedException>(() => _ml.Model.Save(geometry, trained.Data.Schema, stream));
    }

    private IDataView View() => _ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text }));
}
