using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Statistics;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.MultiLabel;

public sealed class MultiLabelPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Fit_EvaluateAndSave_AnswersTheSameAfterLoading()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(90, seed: 1));
        using FineTuneMultiLabelWithDispersionTransformer model = Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Options(epochs: 12)).Fit(data);
        IDataView test = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(40, seed: 2));

        MultiLabelMetrics metrics = Ml.EvaluateMultiLabel(model.Transform(test));

        Assert.True(metrics.HammingLoss < 0.35, $"Hamming loss is {metrics.HammingLoss}");
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneMultiLabelWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(("Text", "Score", "PredictedLabel", null), (loaded.TextColumnName, loaded.ScoreColumnName, loaded.PredictedLabelColumnName, loaded.SecondTextColumnName));
        Same(Answers(model, test), Answers(loaded, test));
        using var engine = other.Model.CreatePredictionEngine<MultiLabelRow, MultiLabelAnswer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(
            MultiLabelRow.Rows(40, seed: 2).Zip(Answers(loaded, test)).Take(5),
            pair => Assert.All(engine.Predict(pair.First).Score.Zip(pair.Second.Score), score => Assert.Equal(score.Second, score.First, 1e-4)));
    }

    [Fact]
    public void Transform_FoundLabels_AreThoseAtTheThreshold()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(60, seed: 1));
        FineTuneOptions options = Tuning.Options(epochs: 2);
        options.ValidationFraction = 0.3;
        using var model = Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: options, tuneThresholds: true).Fit(data);

        Assert.Equal(2, model.Thresholds.Count);
        Assert.All(Answers(model, data), answer => Assert.Equal(answer.Score.Zip(model.Thresholds, (score, threshold) => score >= threshold), answer.PredictedLabel));
        DataViewSchema schema = model.GetOutputSchema(data.Schema);
        Assert.Equal(["PredictedLabel", "Score"], schema.Skip(data.Schema.Count).Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 2), schema["Score"].Type);
    }

    [Fact]
    public void Fit_NamedSlots_NameTheScores()
    {
        IDataView wide = Ml.Data.LoadFromEnumerable(NumberedRow.Rows(12, seed: 1).Select(row => new { row.Text, Often = row.Label >= 3 ? 1f : 0, Never = row.Label < 1 ? 1f : 0 }));
        IDataView data = Ml.Transforms.Concatenate("Label", "Often", "Never").Fit(wide).Transform(wide);
        using var model = Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);

        Assert.Equal(["Often", "Never"], model.LabelNames);
        VBuffer<ReadOnlyMemory<char>> names = default;
        model.Transform(data).Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["Often", "Never"], names.DenseValues().Select(name => name.ToString()));
        Assert.InRange(Ml.EvaluateMultiLabel(model.Transform(data)).HammingLoss, 0, 1);
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(40, seed: 1));

        var folds = Ml.CrossValidateMultiLabel(data, Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()), folds: 2);

        Assert.Equal([0, 1], folds.Select(fold => fold.Fold));
        foreach (var fold in folds)
        {
            Assert.InRange(fold.Metrics.HammingLoss, 0, 1);
            ((IDisposable)fold.Model).Dispose();
        }
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_PairsWithAnAdapter_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(24, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: options, secondTextColumnName: "Other").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneMultiLabelWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal("Other", loaded.SecondTextColumnName);
        Same(Answers(model, data), Answers(loaded, data));
    }

    [Fact]
    public void SavePretrained_Opened_AnswersTheSame()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(12, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.HeadStart = HeadStart.Family;
        using var model = Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(data);
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-labels-").FullName;
        try
        {
            model.SavePretrained(folder);
            using var opened = Ml.OpenMultiLabelTextClassifier(ModelSource.FromDirectory(folder));

            Assert.Equal(["LABEL_0", "LABEL_1"], opened.LabelNames);
            Assert.All(
                Answers(model, data).Zip(Answers(opened, data)),
                pair => Assert.All(pair.First.Score.Zip(pair.Second.Score), score => Assert.Equal(score.First, score.Second, 1e-5)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Fit_NumbersAsLabels_NaNIsLeftOutAndOthersAreRefused()
    {
        var ml = new MLContext(seed: 1);
        var log = new LogRecorder(ml);
        var estimator = ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion("Label", "Text", epochs: 1, backbone: TinyBackbone.Backbone);
        List<NumberedLabelsRow> rows = [.. NumberedRow.Rows(12, seed: 1).Select((row, i) => new NumberedLabelsRow { Text = row.Text, Label = [i % 2, 1] })];
        rows[3].Label[1] = float.NaN;

        using var model = estimator.Fit(ml.Data.LoadFromEnumerable(rows));

        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 12 rows have no label", StringComparison.Ordinal));
        rows[5].Label[1] = 2;
        Assert.Contains("slot 1, of row 5 (from 0) is 2", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        rows[5].Label[1] = 1;
        rows.ForEach(row => row.Label = [row.Label[0], 0]);
        Assert.Contains("slot 1, is that of none of the 12 training rows (rows 0 to 11)", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        rows.ForEach(row => row.Label = [1, 0]);
        Assert.Contains("same labels", Assert.Throws<ArgumentException>(() => estimator.Fit(ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        Assert.Contains("expected Vector<Boolean>", Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Rows.View(ml, 6))).Message, StringComparison.Ordinal);
    }

    private static MulticlassClassificationCatalog.MulticlassClassificationTrainers Trainers => Ml.MulticlassClassification.Trainers;

    private static List<MultiLabelAnswer> Answers(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<MultiLabelAnswer>(model.Transform(data), reuseRowObject: false)];

    private static void Same(List<MultiLabelAnswer> expected, List<MultiLabelAnswer> actual)
    {
        Assert.Equal(expected.SelectMany(answer => answer.Score), actual.SelectMany(answer => answer.Score));
        Assert.Equal(expected.SelectMany(answer => answer.PredictedLabel), actual.SelectMany(answer => answer.PredictedLabel));
    }
}
