using Microsoft.ML;
using MLNet.Dispersion.Tests.NamedEntities;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>Training that goes on from a fitted model: what the table of tasks does not show.</summary>
public sealed class GoOnTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_Previous_LearnsFurtherAndLeavesItAsItWas()
    {
        IDataView data = Tuning.KeyedRows(_ml, 30);
        FineTuneWithDispersionEstimator estimator = Trainer(Tuning.Options(epochs: 2));
        using var first = estimator.Fit(data);
        float[] before = Tuning.Scores(_ml, first, "a cat", "red");
        double reached = _ml.MulticlassClassification.Evaluate(first.Transform(data)).LogLoss;

        using var second = estimator.Fit(data, first);

        Assert.Equal(reached, second.TrainingResult!.History[0].TaskLoss, 0.35);
        Assert.True(second.TrainingResult.History[0].TaskLoss < first.TrainingResult!.History[0].TaskLoss);
        Assert.True(_ml.MulticlassClassification.Evaluate(second.Transform(data)).LogLoss < reached);
        Assert.Equal(before, Tuning.Scores(_ml, first, "a cat", "red"));
        Assert.Equal(first.BackboneName, second.BackboneName);
    }

    [Fact]
    public void Fit_ClassesInAnotherOrder_AreThoseOfTheHead()
    {
        using var first = Trainer(Tuning.Options(epochs: 6)).Fit(Tuning.KeyedRows(_ml, 30));
        List<TextRow> turned = Rows.Labelled(30);
        turned.Reverse();
        FineTuneOptions options = Tuning.Brief();
        options.LearningRate = 1e-12;

        using var second = Trainer(options).Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(turned)), first);

        Assert.NotEqual(first.ScoreNames, second.ScoreNames);
        float[] was = Tuning.Scores(_ml, first, "a cat"), now = Tuning.Scores(_ml, second, "a cat");
        Assert.All(first.ScoreNames, name => Assert.Equal(was[first.ScoreNames.ToList().IndexOf(name)], now[second.ScoreNames.ToList().IndexOf(name)], 1e-4));
    }

    [Fact]
    public void Fit_OtherClassesOrPooling_SaysWhichAndWhatToDo()
    {
        using var first = Trainer(Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12));
        List<TextRow> others = Rows.Labelled(12);
        others.ForEach(row => row.Label = row.Label == "colours" ? "tones" : row.Label);

        string classes = Assert.Throws<ArgumentException>(() => Trainer(Tuning.Brief()).Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(others)), first)).Message;
        FineTuneOptions last = Tuning.Brief();
        last.Pooling = TextPooling.LastToken;
        string pooling = Assert.Throws<ArgumentException>(() => Trainer(last).Fit(Tuning.KeyedRows(_ml, 12), first)).Message;
        string metric = Assert.Throws<ArgumentException>(() => Trainer(Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12), first, metric: _ => 0)).Message;

        Assert.Contains("colours", classes, StringComparison.Ordinal);
        Assert.Contains("tones", classes, StringComparison.Ordinal);
        Assert.Contains("HeadStart.Linear", classes, StringComparison.Ordinal);
        Assert.Contains("the head that training goes on from reads Mean", pooling, StringComparison.Ordinal);
        Assert.Contains("validation set", metric, StringComparison.Ordinal);
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Trainer(Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12), first));
    }

    [Fact]
    public void Fit_FamilysOwnHead_GoesOnToo()
    {
        FineTuneOptions family = Tuning.Options(epochs: 2), still = Tuning.Brief();
        (family.HeadStart, still.LearningRate) = (HeadStart.Family, 1e-12);
        IDataView data = Tuning.KeyedRows(_ml, 12);
        using var first = Trainer(family).Fit(data);

        using var second = Trainer(still).Fit(data, first);

        Assert.All(Tuning.Scores(_ml, first, "a cat", "red").Zip(Tuning.Scores(_ml, second, "a cat", "red")), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Fit_Adapter_IsTrainedFurther()
    {
        FineTuneOptions options = Tuning.Options(epochs: 3);
        options.Lora = new LoraOptions { Rank = 2, Saving = AdapterSaving.AdapterOnly };
        IDataView data = Tuning.KeyedRows(_ml, 24);
        using var first = Trainer(options).Fit(data);

        using var second = Trainer(options).Fit(data, first);

        Assert.True(second.TrainingResult!.History[0].TaskLoss < first.TrainingResult!.History[0].TaskLoss);
        Assert.Equal(2, second.LanguageModel.Adapter!.Rank);
        Assert.Contains("carries a low-rank adapter", Assert.Throws<ArgumentException>(() => Trainer(Tuning.Brief()).Fit(data, first)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_FewerTags_KeepsThoseOfTheTaggerAndRefusesNewOnes()
    {
        IDataView all = _ml.Data.LoadFromEnumerable(TagRow.Rows(12)), some = _ml.Data.LoadFromEnumerable(TagRow.Rows(12).Where((_, row) => row % 3 == 0));
        FineTuneTokensWithDispersionEstimator estimator = _ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief());
        using var first = estimator.Fit(all);
        using var few = estimator.Fit(some);

        using var second = estimator.Fit(some, first);

        Assert.Equal(first.Tags, second.Tags);
        Assert.Contains("does not know", Assert.Throws<ArgumentException>(() => estimator.Fit(all, few)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_BestByWithoutHeldOutRows_IsRefused()
    {
        FineTuneOptions options = Tuning.Brief();
        options.BestBy = TrainingFigures.Accuracy;

        Assert.Contains("none of the 12 rows are held out", Assert.Throws<ArgumentException>(() => Trainer(options).Fit(Tuning.KeyedRows(_ml, 12))).Message, StringComparison.Ordinal);
        Assert.Contains("BestBy is 'accuracy'", Assert.Throws<ArgumentException>(() => Trainer(options).Fit(Tuning.KeyedRows(_ml, 12), Tuning.KeyedRows(_ml, 6), _ => 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_TextsThatAreCutOff_AreToldBeforeTheFirstStep()
    {
        var lines = new List<string>();
        _ml.Log += (_, line) => lines.Add(line.RawMessage);
        List<TextRow> rows = Rows.Labelled(12);
        rows[1].Text = rows[5].Text = string.Join(' ', Enumerable.Repeat("horse", TinyBackbone.ContextLength + 1));

        using var model = Trainer(Tuning.Brief()).Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(rows)));

        int warned = lines.FindIndex(line => line.StartsWith("2 of 12 training rows have more tokens", StringComparison.Ordinal)), began = lines.FindIndex(line => line.StartsWith("epoch 1/", StringComparison.Ordinal));
        Assert.InRange(warned, 0, began - 1);
    }

    private FineTuneWithDispersionEstimator Trainer(FineTuneOptions options) => _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options);
}
