using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>Other parts of ML.NET behind the added columns.</summary>
public sealed class PipelineTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_TrainerOnTheScore_TakesItAsFeatures()
    {
        using FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        IDataView scored = transformer.Transform(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(Rows.View(_ml, 60)).Transform(Rows.View(_ml, 60)));
        var stacked = _ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Score", maximumNumberOfIterations: 3).Fit(scored);
        Assert.True(double.IsFinite(_ml.MulticlassClassification.Evaluate(stacked.Transform(scored)).LogLoss));
    }

    [Fact]
    public void MapKeyToValue_BehindManyBlocks_NamesEveryRow()
    {
        using FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        IDataView scored = transformer.Transform(Rows.View(_ml, 700));
        IDataView named = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        List<NamedPrediction> rows = [.. _ml.Data.CreateEnumerable<NamedPrediction>(named, reuseRowObject: false)];
        Assert.Equal(700, rows.Count);
        Assert.All(rows, row => Assert.Equal(Rows.ClassNames[(int)FakeScorer.BestKey(row.Text, 3) - 1], row.PredictedLabel));
    }

    [Fact]
    public void SaveAsBinary_Scored_ComesBackWithItsAnnotations()
    {
        using FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        using var file = new TemporaryFile();
        using (FileStream stream = File.Create(file.Path))
        {
            _ml.Data.SaveAsBinary(transformer.Transform(Rows.View(_ml, 40)), stream);
        }

        IDataView loaded = _ml.Data.LoadFromBinary(file.Path);
        VBuffer<ReadOnlyMemory<char>> names = default;
        loaded.Schema["PredictedLabel"].GetKeyValues(ref names);
        Assert.Equal(Rows.ClassNames, names.DenseValues().Select(name => name.ToString()));
        Assert.All(_ml.Data.CreateEnumerable<ScoredText>(loaded, reuseRowObject: false), row => Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), row.Score));
    }

    [Fact]
    public void Preview_Scored_ShowsRows()
    {
        using FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        DataDebuggerPreview preview = transformer.Transform(Rows.View(_ml, 50)).Preview(maxRows: 5);
        Assert.Equal(5, preview.RowView.Length);
    }
}
