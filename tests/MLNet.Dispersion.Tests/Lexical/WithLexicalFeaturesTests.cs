using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Lexical;

public sealed class WithLexicalFeaturesTests
{
    private static readonly FineTuneOptions Options = new() { Epochs = 1, LearningRate = 1e-6, Seed = 3, GeometryProbe = null, Device = "cpu", MaxSequenceLength = 16 };
    private readonly MLContext _ml = new(seed: 1);
    private readonly Row[] _rows = [.. Enumerable.Range(0, 48).Select(i => new Row { Text = $"{(i % 2 == 0 ? "apples and pears" : "bolts and screws")} {i / 2}", Label = i % 2 == 0 ? "fruit" : "tools" })];

    [Fact]
    public void Fit_LabelsThatWordsTell_GivesNgramsASayAndJoinsProbabilities()
    {
        using var model = Fit(out IDataView rows);

        Assert.True(model.HasLexicalFeatures);
        Assert.True(model.LexicalWeight > 0, $"{model.NetworkWeight} and {model.LexicalWeight}");
        float[][] scores = [.. model.Transform(rows).GetColumn<float[]>("Score")];
        Assert.All(scores, row => Assert.Equal(1, row.Sum(), 1e-5));
        uint[] labels = [.. rows.GetColumn<uint>("Label")], predicted = [.. model.Transform(rows).GetColumn<uint>("PredictedLabel")];
        Assert.Equal(labels, predicted);
        Assert.All(scores.Zip(predicted), pair => Assert.Equal(pair.First.Max(), pair.First[pair.Second - 1]));
    }

    [Fact]
    public void Save_Load_AndEngine_GiveTheSameScores()
    {
        using var model = Fit(out IDataView rows);
        float[] expected = model.Transform(rows).GetColumn<float[]>("Score").First();
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "model.zip");
        _ml.Model.Save(model, rows.Schema, path);
        var fresh = new MLContext();
        ITransformer loaded = fresh.Model.Load(path, out _);
        using var engine = fresh.Model.CreatePredictionEngine<Row, Prediction>(loaded);

        Assert.Equal(expected, engine.Predict(_rows[0]).Score, (one, other) => Math.Abs(one - other) < 1e-5);
        Assert.Equal(model.LexicalWeight, ((FineTuneWithDispersionTransformer)loaded).LexicalWeight);
    }

    [Fact]
    public void Fit_Twice_GivesTheSame()
    {
        using var one = Fit(out IDataView rows);
        using var other = Fit(out _);

        Assert.Equal((one.NetworkWeight, one.LexicalWeight), (other.NetworkWeight, other.LexicalWeight));
        Assert.Equal(one.Transform(rows).GetColumn<float[]>("Score").ToArray(), other.Transform(rows).GetColumn<float[]>("Score").ToArray());
    }

    [Fact]
    public void SavePretrained_IsRefusedByName()
    {
        using var model = Fit(out _);

        Assert.Contains("WithLexicalFeatures", Assert.Throws<NotSupportedException>(() => model.SavePretrained(Path.GetTempPath())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithLexicalFeatures_Pairs_AreRefused() => Assert.Contains(
        "pairs",
        Assert.Throws<InvalidOperationException>(() => _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, secondTextColumnName: "Other").WithLexicalFeatures()).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Fit_AlmostNoRows_LeavesTheNetworkAlone()
    {
        IDataView few = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(_ml.Data.LoadFromEnumerable(_rows)).Transform(_ml.Data.LoadFromEnumerable(_rows[..2]));
        using var model = _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options).WithLexicalFeatures().Fit(few);

        Assert.Equal((1, 0), (model.NetworkWeight, model.LexicalWeight));
    }

    private FineTuneWithDispersionTransformer Fit(out IDataView rows)
    {
        IDataView read = _ml.Data.LoadFromEnumerable(_rows);
        rows = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(read).Transform(read);
        return _ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Options).WithLexicalFeatures().Fit(rows);
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }
}
