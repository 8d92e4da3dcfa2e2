using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.LanguageModel;

public sealed class LanguageModelFitTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fit_Trained_EqualsTheCoreAndKnowsTheTextsBetter(bool pack)
    {
        FineTuneOptions training = Training();
        IDataView data = Rows.View(_ml, 80);
        string?[] texts = [.. Rows.Labelled(80).Select(row => row.Text)];
        using LanguageModelTransformer trained = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training, new() { PackTexts = pack }).Fit(data);

        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var blocks = pack ? TrainingBlocks.Packed(model, texts, 20) : TrainingBlocks.OnePerText(model, texts, 20).Blocks;
        FineTuneResult expected = LanguageModelTrainer.Train(model, blocks, training);
        Assert.Equal(expected.History.Select(step => step.TaskLoss), trained.TrainingResult!.History.Select(step => step.TaskLoss));
        Assert.All(model.Backbone.parameters().Zip(trained.LanguageModel.Backbone.parameters()), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        Assert.Equal([0, trained.TrainingResult.Steps], trained.GeometryHistory.Select(snapshot => snapshot.Step));

        using LanguageModelTransformer untrained = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone).Fit(data);
        double before = LanguageRow.Read(_ml, With(untrained, data)).Sum(row => (double)row.LogLikelihood);
        double after = LanguageRow.Read(_ml, With(trained, data)).Sum(row => (double)row.LogLikelihood);
        Assert.True(after > before / 2, $"log-likelihood {before:0} before, {after:0} after");
    }

    [Fact]
    public void Fit_ValidationSet_IsHeldOutAndEvaluatedAlike()
    {
        FineTuneOptions training = Training();
        training.EarlyStoppingPatience = null;
        IDataView data = Rows.View(_ml, 60), held = _ml.Data.LoadFromEnumerable(Rows.Labelled(20, seed: 9));
        LanguageModelEstimator estimator = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training, new() { PackTexts = false });
        using LanguageModelTransformer with = estimator.Fit(data, held), without = estimator.Fit(data);

        Assert.Equal([.. Enumerable.Range(60, 20)], with.TrainingResult!.HeldOutRows);
        Assert.Equal(without.TrainingResult!.History[0].TaskLoss, with.TrainingResult.History[0].TaskLoss, 1e-5);
        LanguageModelMetrics metrics = _ml.EvaluateLanguageModel(with.Transform(held));
        LanguageRow[] rows = [.. LanguageRow.Read(_ml, With(with, held))];
        Assert.Equal((20, rows.Sum(row => row.TokenCount)), (metrics.Texts, metrics.Tokens));
        Assert.Equal(-rows.Sum(row => (double)row.LogLikelihood) / metrics.Tokens, metrics.MeanNegativeLogLikelihood, 1e-4);
        Assert.Contains("no column 'Mine'", Assert.Throws<ArgumentException>(() => _ml.EvaluateLanguageModel(held, "Mine")).Message, StringComparison.Ordinal);
        Assert.Contains("taken as it is", Assert.Throws<InvalidOperationException>(() => _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone).Fit(data, held)).Message, StringComparison.Ordinal);
        Assert.Equal("Text", _ml.Transforms.Text.FineTuneLanguageModelWithDispersion("Text", epochs: 1).Columns.Text);
    }

    [Fact]
    public void Fit_SameContextSeed_GivesTheSameModelAndLogsIt()
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions training = Training();
        training.Seed = null;
        training.MaxSteps = 2;
        using LanguageModelTransformer first = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training).Fit(Rows.View(_ml, 20));
        using LanguageModelTransformer second = new MLContext(seed: 1).FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training).Fit(Rows.View(_ml, 20));
        Assert.Equal(first.TrainingResult!.History.Select(step => step.TaskLoss), second.TrainingResult!.History.Select(step => step.TaskLoss));
        Assert.Contains(log.Infos, line => line.StartsWith("Fine-tuning ", StringComparison.Ordinal) && line.Contains("20 texts in ", StringComparison.Ordinal) && line.Contains("seed ", StringComparison.Ordinal));
        Assert.Contains(log.Infos, line => line.StartsWith("epoch 1/", StringComparison.Ordinal));
        Assert.Contains(log.Infos, line => line.StartsWith("Fine-tuned ", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_BlankAndLongTexts_AreCountedInOneWarningEach()
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions training = Training();
        training.MaxSteps = 1;
        string?[] texts = [null, "", " ", "cat dog", string.Join(' ', Enumerable.Repeat("horse", 50))];
        IDataView data = _ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
        using LanguageModelTransformer model = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training, new() { PackTexts = false }).Fit(data);
        Assert.Contains(log.Warnings, line => line.StartsWith("3 of 5 rows have a null or blank text in column 'Text'", StringComparison.Ordinal));
        Assert.Contains(log.Warnings, line => line.StartsWith("1 of 2 training texts have more tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_NothingToTrainOn_SaysWhy()
    {
        LanguageModelEstimator estimator = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone);
        Assert.Contains("no rows", Assert.Throws<ArgumentException>(() => estimator.Fit(Rows.View(_ml, 0))).Message, StringComparison.Ordinal);
        IDataView blank = _ml.Data.LoadFromEnumerable([new TextRow { Text = null }, new TextRow { Text = " " }]);
        Assert.Contains("All 2 rows", Assert.Throws<ArgumentException>(() => estimator.Fit(blank)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        FineTuneOptions training = Training();
        training.Epochs = 1000;
        training.CancellationToken = source.Token;
        training.Progress = new Recorder(progress =>
        {
            if (progress.Step == 2)
            {
                source.Cancel();
            }
        });
        var error = Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training).Fit(Rows.View(_ml, 40)));
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public void Fit_ContextCancelledDuringTraining_Throws()
    {
        FineTuneOptions training = Training();
        training.Epochs = 1000;
        training.Progress = new Recorder(_ => ContextCancellation.Cancel(_ml));
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training).Fit(Rows.View(_ml, 40)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fit_ExampleWeights_AreThoseOfEachTextsTokens(bool pack)
    {
        FineTuneOptions training = Training();
        (training.MaxSteps, training.MicroBatchSize, training.ValidationFraction, training.GeometryProbe) = (1, 64, 0, null);
        List<TextRow> rows = Rows.Labelled(6);
        rows.Insert(2, new TextRow { Text = " ", Id = 100 });
        using LanguageModelTransformer trained = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training, new() { PackTexts = pack, ExampleWeightColumnName = "Id" }).Fit(_ml.Data.LoadFromEnumerable(rows));

        // Each token by a pass of its own over what stands before it in its block.
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        rows.RemoveAt(2);
        double sum = 0, all = 0;
        int[][] texts = [.. rows.Select(row => TrainingBlocks.OnePerText(model, [row.Text]).Blocks.Single())];
        (int Token, float Weight)[][] weighted = [.. texts.Select((text, row) => text.Skip(pack ? 1 : 0).Select(token => (token, rows[row].Id)).ToArray())];
        foreach ((int Token, float Weight)[] block in pack ? weighted.SelectMany(text => text).Chunk(20) : weighted.Select(text => text.Take(20).ToArray()))
        {
            for (int at = 1; at < block.Length; at++)
            {
                double Summed(int length) => length < 2 ? 0 : LanguageModelTrainer.MeanNegativeLogLikelihood(model, [[.. block.Take(length).Select(token => token.Token)]]) * (length - 1);
                sum += block[at].Weight * (Summed(at + 1) - Summed(at));
                all += block[at].Weight;
            }
        }

        Assert.Equal(sum / all, trained.TrainingResult!.History.Single().TaskLoss, 1e-4);
    }

    [Fact]
    public void Fit_EqualWeights_TrainAsNone()
    {
        List<TextRow> rows = Rows.Labelled(40);
        rows.ForEach(row => row.Id = 3);
        using LanguageModelTransformer plain = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, Training()).Fit(_ml.Data.LoadFromEnumerable(rows));
        using LanguageModelTransformer weighted = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, Training(), new() { ExampleWeightColumnName = "Id" }).Fit(_ml.Data.LoadFromEnumerable(rows), _ml.Data.LoadFromEnumerable(rows));

        Assert.Equal(plain.TrainingResult!.History[0].TaskLoss, weighted.TrainingResult!.History[0].TaskLoss, 1e-5);
        Assert.Equal(40, rows.Count);
        Assert.True(weighted.TrainingResult.History[^1].TaskLoss < weighted.TrainingResult.History[0].TaskLoss / 2);
    }

    [Fact]
    public void Fit_WeightsThatCannotBe_NameRowAndColumn()
    {
        List<TextRow> rows = Rows.Labelled(4);
        LanguageModelEstimator estimator = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, Training(), new() { ExampleWeightColumnName = "Id" });
        rows[2].Id = -1;
        Assert.Contains("The weight in column 'Id' of row 2 (from 0) is -1", Refusal(() => estimator.Fit(_ml.Data.LoadFromEnumerable(rows))), StringComparison.Ordinal);
        rows.ForEach(row => row.Id = 0);
        Assert.Contains("have weight 0 in column 'Id'", Refusal(() => estimator.Fit(_ml.Data.LoadFromEnumerable(rows))), StringComparison.Ordinal);
        Assert.Contains("learns of no text", Refusal(() => _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, new() { ExampleWeightColumnName = "Id" })), StringComparison.Ordinal);
        Assert.Contains("both called 'Text'", Refusal(() => _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, options: new() { ExampleWeightColumnName = "Text" })), StringComparison.Ordinal);
        Assert.Contains("Label", Refusal(() => _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, options: new() { ExampleWeightColumnName = "Label" }).Fit(_ml.Data.LoadFromEnumerable(rows))), StringComparison.Ordinal);
    }

    private static string Refusal(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;

    private static IDataView With(LanguageModelTransformer model, IDataView data) => new MLContext().Transforms.CopyColumns("Written", "Text").Fit(data).Transform(model.Transform(data));

    private static FineTuneOptions Training()
    {
        FineTuneOptions training = Tuning.Options(epochs: 8);
        training.MaxSequenceLength = 20;
        training.Seed = 5;
        return training;
    }

    private sealed class Recorder(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
