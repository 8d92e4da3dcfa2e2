using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Ranking;

public sealed class RankingPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Theory]
    [MemberData(nameof(BackboneKinds.Names), MemberType = typeof(BackboneKinds))]
    public void Fit_Documents_EvaluateSaveAndEngineAgree(string kind)
    {
        IDataView data = View(RankedRow.Rows(16, seed: 1)), test = View(RankedRow.Rows(10, seed: 2));
        FineTuneOptions options = Tuning.Options(epochs: 12);
        options.MicroBatchSize = 4;
        options.Dispersion.Coefficient = 0.05;
        options.GeometryProbe = new GeometryProbeOptions();
        using FineTuneRankingWithDispersionTransformer model = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: BackboneKinds.Of(kind), options: options).Fit(data);

        TextRankingMetrics metrics = Ml.EvaluateTextRanking(model.Transform(test), depth: 2);

        Assert.True(metrics.ExponentialNdcg > 0.85, $"NDCG is {metrics.ExponentialNdcg}");
        Assert.True(metrics.LinearNdcg != metrics.ExponentialNdcg || metrics.LinearNdcg == 1);
        Assert.Equal((10, 0, 2), (metrics.Queries, metrics.QueriesWithoutRelevant, metrics.Depth));
        Assert.NotEmpty(model.GeometryHistory);
        using FineTuneRankingWithDispersionTransformer loaded = Reloaded(model, data.Schema);
        Assert.Equal(Scores(model, test), Scores(loaded, test));
        using var engine = Ml.Model.CreatePredictionEngine<RankedRow, RankedScore>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(RankedRow.Rows(10, seed: 2).Zip(Scores(loaded, test)).Take(5), pair => Assert.Equal(pair.Second, engine.Predict(pair.First).Score, 1e-4));
    }

    [Theory]
    [InlineData("GroupId")]
    [InlineData("Number")]
    [InlineData("Key")]
    public void Fit_AnyKindOfGroup_GivesTheSameModel(string group)
    {
        IDataView data = Ml.Transforms.Conversion.MapValueToKey("Key", "GroupId").Fit(View(RankedRow.Rows(6, seed: 1))).Transform(View(RankedRow.Rows(6, seed: 1)));
        FineTuneOptions options = Tuning.Brief();
        options.Seed = 4;

        using var one = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(data);
        using var other = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(rowGroupColumnName: group, backbone: TinyBackbone.Backbone, options: options).Fit(data);

        Assert.Equal(Scores(one, data), Scores(other, data));
        Assert.Equal(Ml.EvaluateTextRanking(one.Transform(data)), Ml.EvaluateTextRanking(other.Transform(data), rowGroupColumnName: group));
    }

    [Fact]
    public void Fit_ValidationSet_HoldsItsQueriesOutWhole()
    {
        List<RankedRow> held = RankedRow.Rows(3, seed: 2);
        IDataView data = View(RankedRow.Rows(6, seed: 1));
        FineTuneRankingWithDispersionEstimator estimator = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());

        Assert.Contains("Group 'q0' in column 'GroupId'", Assert.Throws<ArgumentException>(() => estimator.Fit(data, View(held))).Message, StringComparison.Ordinal);
        held.ForEach(row => row.GroupId = "held " + row.GroupId);
        using var model = estimator.Fit(data, View(held));

        Assert.Equal([6, 7, 8], model.TrainingResult!.HeldOutRows);
    }

    [Fact]
    public void CrossValidate_TwoFolds_KeepsQueriesWhole()
    {
        IDataView data = View(RankedRow.Rows(12, seed: 1));

        var folds = Ml.CrossValidateTextRanking(data, Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()), folds: 2);

        Assert.Equal(12, folds.Sum(fold => fold.Metrics.Queries));
        foreach (var fold in folds)
        {
            Assert.All(fold.ScoredHoldOutSet.GetColumn<string>("GroupId").CountBy(group => group), group => Assert.Equal(3, group.Value));
            ((IDisposable)fold.Model).Dispose();
        }
    }

    [Theory]
    [InlineData(RankingLoss.RankNet, AdapterSaving.Everything)]
    [InlineData(RankingLoss.LambdaRank, AdapterSaving.AdapterOnly)]
    public void Fit_WithAnAdapter_AnswersTheSameAfterLoading(RankingLoss loss, AdapterSaving saving)
    {
        IDataView data = View(RankedRow.Rows(6, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBackbone.Backbone, options: options, loss: loss).Fit(data);

        using FineTuneRankingWithDispersionTransformer loaded = Reloaded(model, data.Schema);

        Assert.Equal(Scores(model, data), Scores(loaded, data));
    }

    [Fact]
    public void SavePretrained_Opened_OrdersTheSame()
    {
        IDataView data = View(RankedRow.Rows(4, seed: 1));
        FineTuneOptions options = Tuning.Brief();
        options.HeadStart = HeadStart.Family;
        using var model = Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBert.Backbone, options: options).Fit(data);
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-rank-").FullName;
        try
        {
            model.SavePretrained(folder);
            using var opened = Ml.OpenTextRanker(ModelSource.FromDirectory(folder));

            Assert.All(Scores(model, data).Zip(Scores(opened, data)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Fit_BadRows_AreRefusedWithTheirNumber()
    {
        var estimator = Ml.Ranking.Trainers.FineTuneRankingWithDispersion("Label", "Query", "Document", "GroupId", epochs: 1, backbone: TinyBackbone.Backbone, exampleWeightColumnName: "Weight");

        Assert.Contains("Row 5 (from 0) is the only one of group 'alone'", Error(rows => rows[5].GroupId = "alone"), StringComparison.Ordinal);
        Assert.Contains("Row 4 (from 0) is the only one of group 'q1'", Error(rows => (rows[3].Label, rows[5].Label) = (float.NaN, float.NaN)), StringComparison.Ordinal);
        Assert.Contains("Row 2 (from 0): the relevance in column 'Label' is -1", Error(rows => rows[2].Label = -1), StringComparison.Ordinal);
        Assert.Contains("Row 1 (from 0): column 'GroupId' says no group", Error(rows => rows[1].GroupId = ""), StringComparison.Ordinal);
        Assert.Contains("same relevance", Error(rows => rows.ForEach(row => row.Label = 1)), StringComparison.Ordinal);
        Assert.Contains("weight 0", Error(rows => rows.ForEach(row => row.Weight = 0)), StringComparison.Ordinal);
        Assert.Contains("row group column 'Label': expected String, Key or a whole number", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Ml.Ranking.Trainers.FineTuneRankingWithDispersion("Weight", rowGroupColumnName: "Label").Fit(View(RankedRow.Rows(2, seed: 1)))).Message, StringComparison.Ordinal);

        string Error(Action<List<RankedRow>> spoil)
        {
            List<RankedRow> rows = RankedRow.Rows(3, seed: 1);
            spoil(rows);
            return Assert.Throws<ArgumentException>(() => estimator.Fit(View(rows))).Message;
        }
    }

    [Fact]
    public void Evaluate_KnownOrder_CountsBothGains()
    {
        IDataView scored = Ml.Data.LoadFromEnumerable(new[]
        {
            new { Label = 1f, Score = 3f, GroupId = "a" }, new { Label = 2f, Score = 2f, GroupId = "a" }, new { Label = 0f, Score = 1f, GroupId = "a" },
            new { Label = 0f, Score = 1f, GroupId = "none" },
        });

        TextRankingMetrics metrics = Ml.EvaluateTextRanking(scored, depth: 1);

        double second = 1 / Math.Log2(3);
        Assert.Equal((1 + (3 * second)) / (3 + second), metrics.ExponentialNdcg, 1e-9);
        Assert.Equal((1 + (2 * second)) / (2 + second), metrics.LinearNdcg, 1e-9);
        Assert.Equal(1.0 / 3, metrics.ExponentialNdcgAtDepth, 1e-9);
        Assert.Equal(0.5, metrics.LinearNdcgAtDepth, 1e-9);
        Assert.Equal((2, 1, 1.0, 1.0), (metrics.Queries, metrics.QueriesWithoutRelevant, metrics.MeanReciprocalRank, metrics.MeanAveragePrecision));
    }

    private static IDataView View(List<RankedRow> rows) => Ml.Data.LoadFromEnumerable(rows);

    private static FineTuneRankingWithDispersionTransformer Reloaded(ITransformer model, DataViewSchema schema)
    {
        using var zip = new MemoryStream();
        Ml.Model.Save(model, schema, zip);
        return Assert.IsType<FineTuneRankingWithDispersionTransformer>(new MLContext(seed: 2).Model.Load(zip, out _));
    }

    private static float[] Scores(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<RankedScore>(model.Transform(data), reuseRowObject: false).Select(row => row.Score)];
}
