using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>The column of the rows' weights, in every estimator.</summary>
public sealed class ExampleWeightColumnTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Fit_WeightZero_IsAsIfTheRowWereNotThere()
    {
        FineTuneOptions options = Tuning.Options(epochs: 1);
        options.Dispersion.Coefficient = 0;
        options.MicroBatchSize = 12;
        var estimator = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight");

        // The label's scale is that of all rows, so the mean and the spread stay.
        using var one = estimator.Fit(View(row => row < 10 ? 1 : 0, row => row));
        using var two = estimator.Fit(View(row => row < 10 ? 1 : 0, row => row < 10 ? row : 21 - row));

        Assert.Equal(one.Transform(View(_ => 1, row => row)).GetColumn<float>("Score"), two.Transform(View(_ => 1, row => row)).GetColumn<float>("Score"));
    }

    [Fact]
    public void Fit_BadWeights_AreRefusedWithTheRow()
    {
        var estimator = Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), exampleWeightColumnName: "Weight");

        Assert.Contains("row 3 (from 0) is -1", Assert.Throws<ArgumentException>(() => estimator.Fit(View(row => row == 3 ? -1 : 1, row => row))).Message, StringComparison.Ordinal);
        Assert.Contains("row 2 (from 0) is NaN", Assert.Throws<ArgumentException>(() => estimator.Fit(View(row => row == 2 ? float.NaN : 1, row => row))).Message, StringComparison.Ordinal);
        Assert.Contains("weight 0 in column 'Weight'", Assert.Throws<ArgumentException>(() => estimator.Fit(View(_ => 0, row => row))).Message, StringComparison.Ordinal);
        Assert.Contains("Could not find example weight column 'Weight'", Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Ml.Data.LoadFromEnumerable(NumberedRow.Rows(6, seed: 1)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_EveryEstimator_ReadsTheColumn()
    {
        FineTuneOptions options = Tuning.Brief();
        string reason = "is -1";
        foreach (Action fit in new Action[]
        {
            () => Ml.Transforms.Conversion.MapValueToKey("Label").Append(Ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight")).Fit(View(_ => -1, row => row % 2)),
            () => Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight").Fit(View(_ => -1, row => row % 2)),
            () => Ml.Transforms.Concatenate("Labels", "Label").Append(Ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion("Labels", backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight")).Fit(View(_ => -1, row => row % 2)),
        })
        {
            Assert.Contains(reason, Assert.Throws<ArgumentException>(fit).Message, StringComparison.Ordinal);
        }
    }

    private static IDataView View(Func<int, float> weight, Func<int, float> label) => Ml.Data.LoadFromEnumerable(
        NumberedRow.Rows(12, seed: 1).Select((row, i) => new { row.Text, Label = label(i), Weight = weight(i) }));
}
