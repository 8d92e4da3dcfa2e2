using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Regression;

/// <summary>BERT as the backbone of pipelines.</summary>
public sealed class EncoderPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Classifier_OverAnEncoder_PredictsTheSameAfterLoading()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TinyBackbone.LabelledTexts(24).Texts.Select((text, i) => new TextRow { Text = text, Label = Rows.ClassNames[i % 3] }));
        using var model = Ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(Ml, backbone: TinyBert.Backbone, options: Tuning.Brief()).Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        ITransformer loaded = new MLContext().Model.Load(zip, out _);

        using var before = Ml.Model.CreatePredictionEngine<TextRow, ScoredText>(model, new PredictionEngineOptions { OwnsTransformer = false });
        using var after = Ml.Model.CreatePredictionEngine<TextRow, ScoredText>(loaded);

        Assert.Equal(before.Predict(new TextRow { Text = "refund my money" }).Score, after.Predict(new TextRow { Text = "refund my money" }).Score);
    }

    [Fact]
    public void Regression_OverAnEncoderWithPairs_PredictsTheSameAfterLoading()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(24, seed: 1));
        using var model = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBert.Backbone, options: Tuning.Brief(), secondTextColumnName: "Other").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        using var loaded = (FineTuneRegressionWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal(Scores(model, data), Scores(loaded, data));
        Assert.Equal(3, Ml.MeasureCondensation(data, "Text", loaded).Layers.Count);
    }

    [Fact]
    public void MeasureEmbeddingGeometry_OfAnEncoder_AddsItsColumns()
    {
        IDataView data = Rows.View(Ml, 5);
        using var geometry = Ml.Transforms.Text.MeasureEmbeddingGeometry("Text", TinyBert.Backbone, GeometryRow.Options()).Fit(data);

        Assert.Equal(5, GeometryRow.Read(Ml, geometry.Transform(data)).Count);
    }

    [Fact]
    public void ApplyLanguageModel_OfAnEncoder_GivesEmbeddingsButNoLikelihoods()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(5, seed: 1));
        var options = new LanguageModelOptions();

        var error = Assert.Throws<ArgumentException>(() => Ml.Transforms.Text.ApplyLanguageModel("Text", TinyBert.Backbone, options).Fit(data));

        Assert.Contains("PerplexityColumnName", error.Message, StringComparison.Ordinal);
        options.LogLikelihoodColumnName = null;
        options.PerplexityColumnName = null;
        using var model = Ml.Transforms.Text.ApplyLanguageModel("Text", TinyBert.Backbone, options).Fit(data);
        using var engine = Ml.Model.CreatePredictionEngine<NumberedRow, Embedded>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(32, engine.Predict(new NumberedRow { Text = "refund" }).Features.Length);
    }

    private static float[] Scores(ITransformer model, IDataView data) =>
        [.. Ml.Data.CreateEnumerable<NumberedScore>(model.Transform(data), reuseRowObject: false).Select(row => row.Score)];

    private sealed class Embedded
    {
        public float[] Features { get; set; } = [];
    }
}
