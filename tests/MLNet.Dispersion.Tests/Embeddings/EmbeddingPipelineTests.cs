using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Embeddings;

public sealed class EmbeddingPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Theory]
    [MemberData(nameof(BackboneKinds.Names), MemberType = typeof(BackboneKinds))]
    public void Fit_ScoredPairs_EvaluateSaveAndEngineAgree(string kind)
    {
        IDataView data = View(PairRow.Rows(60, seed: 1, scored: true)), test = View(PairRow.Rows(30, seed: 2, scored: true));
        FineTuneOptions options = Tuning.Options(epochs: 6);
        options.Dispersion.Coefficient = 0.1;
        options.GeometryProbe = new GeometryProbeOptions();
        using var frozen = Ml.OpenTextEmbedder(BackboneKinds.Of(kind));
        using FineTuneEmbeddingsWithDispersionTransformer model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: BackboneKinds.Of(kind), options: options, labelColumnName: "Label").Fit(data);

        double before = Ml.EvaluateSimilarity(frozen.Transform(test)).Spearman, after = Ml.EvaluateSimilarity(model.Transform(test)).Spearman;

        Assert.True(after > Math.Max(0.4, before), $"Spearman {before} before, {after} after");
        Assert.NotEmpty(model.GeometryHistory);
        Assert.All(Answers(model, test), answer => Assert.Equal(TextEmbedder.Cosine(answer.Embedding, answer.SecondEmbedding), answer.Score, 1e-6));
        using FineTuneEmbeddingsWithDispersionTransformer loaded = Reloaded(model, data.Schema);
        Same(Answers(model, test), Answers(loaded, test));
        Assert.Equal(model.GeometryHistory.Count, loaded.GeometryHistory.Count);
        using var engine = Ml.Model.CreatePredictionEngine<PairRow, PairAnswer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(PairRow.Rows(30, seed: 2, scored: true).Zip(Answers(loaded, test)).Take(5), pair => Assert.Equal(pair.Second.Score, engine.Predict(pair.First).Score, 1e-4));
    }

    [Theory]
    [InlineData("Negative")]
    [InlineData("Negatives")]
    public void Fit_ValidationSetWithNegatives_HoldsItsRowsOut(string negative)
    {
        using var model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), negativeColumnName: negative)
            .Fit(View(PairRow.Rows(12, seed: 1)), View(PairRow.Rows(4, seed: 2)));

        Assert.Equal([12, 13, 14, 15], model.TrainingResult!.HeldOutRows);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Negative")]
    [InlineData("Negatives")]
    public void Fit_PairsThatBelongTogether_FindsThem(string? negative)
    {
        IDataView data = View(PairRow.Rows(60, seed: 1)), test = View(PairRow.Rows(12, seed: 2));
        using var frozen = Ml.OpenTextEmbedder(TinyBackbone.Backbone);
        using var model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(), negativeColumnName: negative).Fit(data);

        EmbeddingRetrievalMetrics before = Ml.EvaluateRetrieval(frozen.Transform(test), depth: 4), after = Ml.EvaluateRetrieval(model.Transform(test), depth: 4);

        Assert.True(after.MeanReciprocalRank > before.MeanReciprocalRank, $"{before} before, {after} after");
        Assert.True(after.NdcgAtDepth > before.NdcgAtDepth);
        Assert.Equal((12, 4), (after.Queries, after.Depth));
    }

    [Fact]
    public void Transform_SingleTexts_AddsTheirVectorAlone()
    {
        using var model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), embedding: new EmbeddingOptions { OutputSize = 8 }).Fit(View(PairRow.Rows(12, seed: 1)));
        IDataView texts = Ml.Data.LoadFromEnumerable(LabelledRow.Rows(5, seed: 1));

        DataViewSchema schema = model.Transform(texts).Schema;

        Assert.Equal(["Text", "Label", "Embedding"], schema.Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 8), schema["Embedding"].Type);
        float[][] vectors = model.Embedder.Embed([.. LabelledRow.Rows(5, seed: 1).Select(row => row.Text)]);
        Assert.Equal(vectors, Ml.Data.CreateEnumerable<TextAnswer>(model.Transform(texts), reuseRowObject: false).Select(row => row.Embedding));
        using var engine = Ml.Model.CreatePredictionEngine<LabelledRow, TextAnswer>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(8, engine.Predict(new LabelledRow { Text = "refund" }).Embedding.Length);
    }

    [Fact]
    public void TextEmbedding_InFrontOfATrainer_ClassifiesAndSavesAsOne()
    {
        using var fitted = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(), embedding: new EmbeddingOptions()).Fit(View(PairRow.Rows(60, seed: 1)));
        IDataView data = Ml.Data.LoadFromEnumerable(LabelledRow.Rows(30, seed: 3)), test = Ml.Data.LoadFromEnumerable(LabelledRow.Rows(60, seed: 4));
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(Ml.Transforms.Text.TextEmbedding("Features", "Text", fitted))
            .Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy());

        ITransformer model = pipeline.Fit(data);

        double accuracy = Ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy;
        Assert.True(accuracy > 0.8, $"accuracy {accuracy}");
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        ITransformer loaded = new MLContext().Model.Load(zip, out _);
        Assert.Equal(accuracy, Ml.MulticlassClassification.Evaluate(loaded.Transform(test)).MicroAccuracy);
        ((IDisposable)loaded).Dispose();

        // The lender owns the model: what borrows it frees nothing, and ends with it.
        ((IDisposable)model).Dispose();
        Assert.NotEmpty(fitted.Embedder.Embed(["refund"])[0]);
        fitted.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Transform(test));
    }

    [Fact]
    public void TextEmbedding_OfAPretrainedModel_IsItsOwn()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(LabelledRow.Rows(5, seed: 3));
        using FineTuneEmbeddingsWithDispersionTransformer model = Ml.Transforms.Text.TextEmbedding("Features", "Text", TinyBert.Backbone).Fit(data);

        Assert.Equal(["Text", "Label", "Features"], model.Transform(data).Schema.Select(column => column.Name));
        Assert.Equal(32, model.EmbeddingSize);
    }

    [Fact]
    public void CrossValidate_ScoredPairsAndOthers_GivesMetricsOfEachFold()
    {
        IDataView data = View(PairRow.Rows(24, seed: 1, scored: true));

        var similar = Ml.CrossValidateSimilarity(data, Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), labelColumnName: "Label"), folds: 2);
        var found = Ml.CrossValidateRetrieval(data, Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()), folds: 2);

        Assert.All(similar, fold => Assert.InRange(fold.Metrics.Spearman, -1, 1));
        Assert.All(found, fold => Assert.InRange(fold.Metrics.MeanReciprocalRank, 0, 1));
        foreach (ITransformer model in similar.Select(fold => fold.Model).Concat(found.Select(fold => fold.Model)))
        {
            ((IDisposable)model).Dispose();
        }
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_WithAnAdapter_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = View(PairRow.Rows(24, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(data);

        using FineTuneEmbeddingsWithDispersionTransformer loaded = Reloaded(model, data.Schema);

        Same(Answers(model, data), Answers(loaded, data));
    }

    [Fact]
    public void SavePretrained_Encoder_OpensAgain()
    {
        IDataView data = View(PairRow.Rows(12, seed: 1));
        using var model = Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBert.Backbone, options: Tuning.Brief()).Fit(data);
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-pairs-").FullName;
        try
        {
            model.SavePretrained(folder);
            using var opened = Ml.OpenTextEmbedder(ModelSource.FromDirectory(folder));

            Assert.True(File.Exists(Path.Combine(folder, "modules.json")));
            Assert.All(Answers(model, data).Zip(Answers(opened, data)), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Fit_RowsWithoutScoreOrWeight_AreLeftOut()
    {
        var ml = new MLContext(seed: 1);
        var log = new LogRecorder(ml);
        List<PairRow> rows = PairRow.Rows(12, seed: 1, scored: true);
        rows[3].Label = float.NaN;
        rows[4].Text = " ";
        rows[4].SecondText = null;
        rows[5].Weight = 0;
        var estimator = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion("Text", "SecondText", epochs: 1, backbone: TinyBackbone.Backbone, labelColumnName: "Label", exampleWeightColumnName: "Weight");

        using var model = estimator.Fit(ml.Data.LoadFromEnumerable(rows));

        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 12 rows have no label", StringComparison.Ordinal));
        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 11 training rows have a null or blank text", StringComparison.Ordinal));
        rows[7].Label = float.PositiveInfinity;
        Assert.Contains("row 7 (from 0)", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        rows.ForEach(row => row.Weight = 0);
        rows[7].Label = 1;
        Assert.Contains("weight 0", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OtherColumns_AreRefusedByName()
    {
        IDataView data = View(PairRow.Rows(6, seed: 1));

        Assert.Contains("second text column 'Label': expected String", Error(secondTextColumnName: "Label"), StringComparison.Ordinal);
        Assert.Contains("label column 'Negative': expected Single", Error(labelColumnName: "Negative"), StringComparison.Ordinal);
        Assert.Contains("negative column 'Label': expected String, or Vector<String>", Error(negativeColumnName: "Label"), StringComparison.Ordinal);
        Assert.Contains("Could not find negative column 'None'", Error(negativeColumnName: "None"), StringComparison.Ordinal);
        Assert.Contains("both called 'Text'", Assert.Throws<ArgumentException>(() => Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(secondTextColumnName: "Text")).Message, StringComparison.Ordinal);
        Assert.Contains("no column 'Score'", Assert.Throws<ArgumentException>(() => Ml.EvaluateSimilarity(data)).Message, StringComparison.Ordinal);

        string Error(string secondTextColumnName = "SecondText", string? labelColumnName = null, string? negativeColumnName = null) => Assert.Throws<ArgumentOutOfRangeException>(() =>
            Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(secondTextColumnName: secondTextColumnName, backbone: TinyBackbone.Backbone, labelColumnName: labelColumnName, negativeColumnName: negativeColumnName).Fit(data)).Message;
    }

    private static IDataView View(List<PairRow> rows) => Ml.Data.LoadFromEnumerable(rows);

    private static FineTuneEmbeddingsWithDispersionTransformer Reloaded(ITransformer model, DataViewSchema schema)
    {
        using var zip = new MemoryStream();
        Ml.Model.Save(model, schema, zip);
        return Assert.IsType<FineTuneEmbeddingsWithDispersionTransformer>(new MLContext(seed: 2).Model.Load(zip, out _));
    }

    private static List<PairAnswer> Answers(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<PairAnswer>(model.Transform(data), reuseRowObject: false)];

    private static void Same(List<PairAnswer> expected, List<PairAnswer> actual)
    {
        Assert.Equal(expected.SelectMany(answer => answer.Embedding), actual.SelectMany(answer => answer.Embedding));
        Assert.Equal(expected.SelectMany(answer => answer.SecondEmbedding), actual.SelectMany(answer => answer.SecondEmbedding));
        Assert.Equal(expected.Select(answer => answer.Score), actual.Select(answer => answer.Score));
    }
}
