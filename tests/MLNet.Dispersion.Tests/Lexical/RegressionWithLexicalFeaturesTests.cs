using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Lexical;

public sealed class RegressionWithLexicalFeaturesTests
{
    private static readonly FineTuneOptions Options = new() { Epochs = 1, LearningRate = 1e-6, Seed = 3, GeometryProbe = null, Device = "cpu", MaxSequenceLength = 16 };
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_NumbersThatWordsTell_GivesNgramsASayAndSavesThem()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(NumberedRow.Rows(90, seed: 1)), test = _ml.Data.LoadFromEnumerable(NumberedRow.Rows(40, seed: 2));
        using var plain = _ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options).Fit(rows);
        using var model = _ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options).WithLexicalFeatures().Fit(rows);

        Assert.True(model.HasLexicalFeatures && model.LexicalWeight > 0, $"{model.NetworkWeight} and {model.LexicalWeight}");
        double alone = _ml.Regression.Evaluate(plain.Transform(test)).RSquared, both = _ml.Regression.Evaluate(model.Transform(test)).RSquared;
        Assert.True(both > Math.Max(0.3, alone), $"R squared {alone} alone, {both} with n-grams");
        using var zip = new TemporaryFile();
        _ml.Model.Save(model, rows.Schema, zip.Path);
        var fresh = new MLContext();
        ITransformer loaded = fresh.Model.Load(zip.Path, out _);
        using var engine = fresh.Model.CreatePredictionEngine<NumberedRow, NumberedScore>(loaded);
        Assert.Equal(model.Transform(test).GetColumn<float>("Score").First(), engine.Predict(NumberedRow.Rows(40, seed: 2)[0]).Score, 1e-4);
        Assert.Equal((model.NetworkWeight, model.LexicalWeight), (((FineTuneRegressionWithDispersionTransformer)loaded).NetworkWeight, ((FineTuneRegressionWithDispersionTransformer)loaded).LexicalWeight));
        Assert.Contains("WithLexicalFeatures", Assert.Throws<NotSupportedException>(() => model.SavePretrained(Path.GetTempPath())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AlmostNoRows_LeavesTheNetworkAlone()
    {
        using var model = _ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options).WithLexicalFeatures().Fit(_ml.Data.LoadFromEnumerable(NumberedRow.Rows(4, seed: 1)));

        Assert.Equal((1, 0), (model.NetworkWeight, model.LexicalWeight));
    }

    [Fact]
    public void WithLexicalFeatures_Pairs_AreRefusedWithTheReason() => Assert.Contains(
        "n-grams are of single texts",
        Assert.Throws<InvalidOperationException>(() => _ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, secondTextColumnName: "Other").WithLexicalFeatures()).Message,
        StringComparison.Ordinal);
}
