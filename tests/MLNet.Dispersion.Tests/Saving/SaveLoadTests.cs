using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

public sealed class SaveLoadTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    private static readonly string[] Texts = ["a cat", "red and green", "five", "", "👍🏽 emoji", "horse mouse sheep"];

    [Fact]
    public void Load_ClassifierAlone_ScoresAsBefore()
    {
        using var stream = new MemoryStream();
        trained.Ml.Model.Save(trained.Alone, trained.Data.Schema, stream);
        var ml = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneWithDispersionTransformer>(ml.Model.Load(stream, out DataViewSchema schema));
        Assert.Equal(trained.Data.Schema.Select(column => column.Name), schema.Select(column => column.Name));
        Assert.Equal(Tuning.Scores(trained.Ml, trained.Alone, Texts), Tuning.Scores(ml, loaded, Texts));
        Assert.Equal(("Text", "Score", "PredictedLabel", 3, trained.Alone.BackboneName), (loaded.TextColumnName, loaded.ScoreColumnName, loaded.PredictedLabelColumnName, loaded.ClassCount, loaded.BackboneName));
    }

    [Fact]
    public void Load_ClassifierAlone_KeepsItsGeometryHistory()
    {
        using var stream = new MemoryStream();
        trained.Ml.Model.Save(trained.Alone, trained.Data.Schema, stream);

        using var loaded = (FineTuneWithDispersionTransformer)new MLContext().Model.Load(stream, out _);

        Assert.Equal([0, trained.Alone.TrainingResult!.Steps], loaded.GeometryHistory.Select(snapshot => snapshot.Step));
        Assert.Equal(trained.Alone.GeometryHistory.Select(snapshot => snapshot.Profile.ToString()), loaded.GeometryHistory.Select(snapshot => snapshot.Profile.ToString()));
    }

    [Fact]
    public void Load_ClassifierAlone_KeepsItsScoringPrecision()
    {
        using var first = new MemoryStream();
        trained.Ml.Model.Save(trained.Alone, trained.Data.Schema, first);
        var ml = new MLContext();
        using var exact = (FineTuneWithDispersionTransformer)ml.Model.Load(first, out DataViewSchema schema);
        Assert.Equal(Precision.Float32, exact.ScoringPrecision);
        exact.ScoringPrecision = Precision.BFloat16Mixed;
        using var second = new MemoryStream();
        ml.Model.Save(exact, schema, second);

        using var rounded = (FineTuneWithDispersionTransformer)ml.Model.Load(second, out _);

        Assert.Equal(Precision.BFloat16Mixed, rounded.ScoringPrecision);
        Assert.Equal(Tuning.Scores(ml, exact, Texts), Tuning.Scores(ml, rounded, Texts));
        Assert.NotEqual(Tuning.Scores(ml, trained.Alone, Texts), Tuning.Scores(ml, rounded, Texts));
    }

    [Fact]
    public void Load_InTheMiddleOfAChain_PredictsAsBefore()
    {
        using var file = new TemporaryFile();
        trained.Ml.Model.Save(trained.Chain, trained.Data.Schema, file.Path);
        var ml = new MLContext(seed: 2);
        ITransformer loaded = ml.Model.Load(file.Path, out _);
        Assert.Equal(3, Assert.IsType<TransformerChain<ITransformer>>(loaded).Count());
        using var engine = ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(loaded);
        using var original = trained.Ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(trained.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (string text in Texts)
        {
            NamedPrediction expected = original.Predict(new TextRow { Text = text });
            NamedPrediction found = engine.Predict(new TextRow { Text = text });
            Assert.Equal(expected.PredictedLabel, found.PredictedLabel);
            Assert.Equal(expected.Score, found.Score);
        }
    }

    [Fact]
    public void Load_SavedAgain_ScoresAsBefore()
    {
        var ml = new MLContext();
        using var first = new MemoryStream();
        trained.Ml.Model.Save(trained.Alone, trained.Data.Schema, first);
        using var once = (FineTuneWithDispersionTransformer)ml.Model.Load(first, out DataViewSchema schema);
        using var second = new MemoryStream();
        ml.Model.Save(once, schema, second);
        using var twice = (FineTuneWithDispersionTransformer)ml.Model.Load(second, out _);
        Assert.Equal(Tuning.Scores(trained.Ml, trained.Alone, Texts), Tuning.Scores(ml, twice, Texts));
    }

    [Fact]
    public void Load_Evaluate_GivesTheSameMetrics()
    {
        using var stream = new MemoryStream();
        trained.Ml.Model.Save(trained.Chain, trained.Data.Schema, stream);
        var ml = new MLContext();
        ITransformer loaded = ml.Model.Load(stream, out _);
        IDataView before = trained.Chain.Transform(trained.Data);
        IDataView after = loaded.Transform(trained.Data);
        Assert.Equal(before.Schema.Select(column => (column.Name, column.Type.ToString())), after.Schema.Select(column => (column.Name, column.Type.ToString())));
        Assert.Equal(SlotNames(before), SlotNames(after));
        Assert.Equal(Rows.ClassNames.Order(), SlotNames(after).Order());
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void Load_IntLabels_KeepsTheirType()
    {
        int[] values = [30, -5, 7];
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows.Labelled(24).Select((row, i) => new { Text = row.Text!, Label = values[i % 3] }));
        using FineTuneWithDispersionTransformer model = ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(Tuning.Keyed(ml, data));
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        using var loaded = (FineTuneWithDispersionTransformer)new MLContext().Model.Load(stream, out _);
        VBuffer<int> keys = default;
        loaded.GetOutputSchema(data.Schema)["PredictedLabel"].GetKeyValues(ref keys);
        Assert.Equal(values, keys.DenseValues());
    }

    private static string[] SlotNames(IDataView data)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        data.Schema["Score"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }
}
