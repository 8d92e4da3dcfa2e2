using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class ValidationSetTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_ValidationSet_ChoosesByItAndTrainsOnTheRestAlone()
    {
        IDataView all = Tuning.KeyedRows(_ml, 60);
        IDataView train = _ml.Data.TakeRows(all, 42), held = _ml.Data.SkipRows(all, 42);

        using var with = Estimator(TrainingFigures.Accuracy).Fit(train, held);
        using var without = Estimator(bestBy: null).Fit(train);

        Assert.Equal(Enumerable.Range(42, 18), with.TrainingResult!.HeldOutRows);
        Assert.Empty(without.TrainingResult!.HeldOutRows);
        Assert.Equal(without.TrainingResult.Steps, with.TrainingResult.Steps);
        TrainingProgress[] epochs = [.. with.TrainingResult.History.Where(step => step.ValidationAccuracy is not null)];
        Assert.Equal(epochs.First(step => step.ValidationAccuracy == epochs.Max(other => other.ValidationAccuracy)).Epoch, with.TrainingResult.BestEpoch);
        Assert.Contains("none of the 42 rows are held out", Assert.Throws<ArgumentException>(() => Estimator(TrainingFigures.Accuracy).Fit(train)).Message, StringComparison.Ordinal);

        FineTuneWithDispersionEstimator Estimator(string? bestBy)
        {
            FineTuneOptions options = Tuning.Options(epochs: 3);
            (options.Seed, options.BestBy) = (1, bestBy);
            return _ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Label", "Text", TinyBackbone.Backbone, options);
        }
    }

    [Fact]
    public void Fit_ValidationSetOfOtherColumnsOrWithoutRows_IsRefused()
    {
        IDataView train = Tuning.KeyedRows(_ml, 12);
        FineTuneWithDispersionEstimator estimator = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Label", "Text", TinyBackbone.Backbone, Tuning.Brief());
        Assert.Contains("'Label'", Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(train, Rows.View(_ml, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("no row with a label", Assert.Throws<ArgumentException>(() => estimator.Fit(train, _ml.Data.SkipRows(train, 12))).Message, StringComparison.Ordinal);
    }
}
