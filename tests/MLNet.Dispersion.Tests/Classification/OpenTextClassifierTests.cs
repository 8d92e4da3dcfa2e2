using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>Classifiers and regressors in Hugging Face's format as transformers, without training.</summary>
public sealed class OpenTextClassifierTests : IDisposable
{
    private static readonly string[] Texts = ["a cat", "red", ""];

    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-open-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_SavedClassifier_ScoresNamesItsClassesAndIsSaved(bool isEncoder)
    {
        FineTuneOptions options = Tuning.Brief();
        options.HeadStart = HeadStart.Family;
        string directory = Path.Combine(_folder, "saved");
        using FineTuneWithDispersionTransformer fitted = _ml.FineTuneWithDispersion(backbone: isEncoder ? TinyBert.Backbone : TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 24));
        fitted.SavePretrained(directory);

        using FineTuneWithDispersionTransformer opened = _ml.OpenTextClassifier(ModelSource.FromDirectory(directory));
        float[] scores = Tuning.Scores(_ml, fitted, Texts);
        Assert.Equal(Precision.Float32, opened.ScoringPrecision);
        Assert.Equal(scores, Tuning.Scores(_ml, opened, Texts));
        Assert.Equal(3, opened.ClassCount);

        IDataView rows = Rows.View(_ml, 12);
        IDataView named = opened.Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(opened.Transform(rows))).Transform(rows);
        Assert.All(named.GetColumn<string>("PredictedLabel"), name => Assert.Contains(name, Rows.ClassNames));

        string zip = Path.Combine(_folder, "model.zip");
        _ml.Model.Save(opened, rows.Schema, zip);
        ITransformer loaded = _ml.Model.Load(zip, out _);
        Assert.Equal(scores, Tuning.Scores(_ml, loaded, Texts));
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void Fit_FromASavedHead_WantsItsClasses()
    {
        FineTuneOptions options = Tuning.Brief();
        options.HeadStart = HeadStart.Family;
        string directory = Path.Combine(_folder, "saved");
        using (FineTuneWithDispersionTransformer fitted = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 24)))
        {
            fitted.SavePretrained(directory);
        }

        options.HeadStart = HeadStart.Pretrained;
        using (_ml.FineTuneWithDispersion(backbone: ModelSource.FromDirectory(directory), options: options).Fit(Tuning.KeyedRows(_ml, 24)))
        {
        }

        IDataView others = Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(new[] { "up", "down", "up", "down" }.Select(name => new TextRow { Text = "a " + name, Label = name })));
        var error = Assert.Throws<ArgumentException>(() => _ml.FineTuneWithDispersion(backbone: ModelSource.FromDirectory(directory), options: options).Fit(others));
        Assert.All(new[] { "up, down", Rows.ClassNames[0], "HeadStart.Linear" }, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_WithoutAHead_SaysSo()
    {
        Assert.Contains("hold no head", Assert.Throws<ArgumentException>(() => _ml.OpenTextClassifier(TinyBackbone.Backbone)).Message, StringComparison.Ordinal);
        Assert.Contains("hold no head", Assert.Throws<ArgumentException>(() => _ml.OpenTextRegressor(TinyBackbone.Backbone)).Message, StringComparison.Ordinal);
    }
}
