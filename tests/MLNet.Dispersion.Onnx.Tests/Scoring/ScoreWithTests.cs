using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>An engine in pipelines: in Transform and in prediction engines, not saved, chosen for whole chains, freed, changed while rows are scored.</summary>
public sealed class ScoreWithTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TransformerChain<FineTuneWithDispersionTransformer> _chain;
    private readonly IDataView _data;

    public ScoreWithTests()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        _data = _ml.Data.LoadFromEnumerable(texts.Zip(labels, (text, label) => new Row { Text = text, Label = $"class {label}" }));
        _chain = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBert.Backbone, options: new FineTuneOptions { Epochs = 2, ValidationFraction = 0 })).Fit(_data);
    }

    public void Dispose() => _chain.Dispose();

    [Fact]
    public void TransformAndPredictionEngine_GiveTheAnswersOfTorch()
    {
        float[][] expected = Scores(_chain);
        uint[] labels = [.. _chain.Transform(_data).GetColumn<uint>("PredictedLabel")];
        _chain.ScoreWith(new OnnxRuntimeEngine());

        AssertNear(expected, Scores(_chain));
        Assert.Equal(labels, _chain.Transform(_data).GetColumn<uint>("PredictedLabel"));
        using var engine = _ml.Model.CreatePredictionEngine<Row, Prediction>(_chain, new PredictionEngineOptions { OwnsTransformer = false });
        Row[] rows = [.. _ml.Data.CreateEnumerable<Row>(_data, reuseRowObject: false)];
        AssertNear(expected, [.. rows.Select(row => engine.Predict(row).Score)]);
    }

    [Fact]
    public void SavedModel_HoldsTheWeights_AndScoresByTorchUntilTold()
    {
        float[][] expected = Scores(_chain);
        var planted = new PlantedEngine();
        _chain.ScoreWith(planted);
        Assert.NotEqual(expected[0], Scores(_chain)[0]);
        using var zip = new MemoryStream();
        _ml.Model.Save(_chain, _data.Schema, zip);

        ITransformer loaded = _ml.Model.Load(zip, out _);
        Assert.Equal(expected, Scores(loaded));
        loaded.ScoreWith(new OnnxRuntimeEngine());
        AssertNear(expected, Scores(loaded));
        ((IDisposable)loaded).Dispose();
        Assert.Equal(1, planted.Prepared);
    }

    [Fact]
    public void EngineIsFreed_ByTheNextOne_AndWithTheModel()
    {
        var planted = new PlantedEngine();
        _chain.ScoreWith(planted);
        _chain.LastTransformer.ScoreWith(planted);
        Assert.Equal((2, 1), (planted.Prepared, planted.Alive));
        _chain.ScoreWith(null);
        Assert.Equal(0, planted.Alive);
        _chain.ScoreWith(planted);
        _chain.Dispose();
        Assert.Equal(0, planted.Alive);
        Assert.Throws<ObjectDisposedException>(() => _chain.ScoreWith(planted));
    }

    [Fact]
    public async Task Changes_WhileRowsAreScored_HarmNobody()
    {
        float[][] expected = Scores(_chain);
        var engine = new OnnxRuntimeEngine(new() { Threads = 1 });
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int pass = 0; pass < 8; pass++)
            {
                AssertNear(expected, Scores(_chain));
            }
        }))];
        Task all = Task.WhenAll(readers);
        while (!all.IsCompleted)
        {
            _chain.ScoreWith(engine);
            _chain.ScoreWith(null);
            await Task.Yield();
        }

        await all;
    }

    [Fact]
    public void LanguageModel_GivesItsFeaturesAndLikelihoods()
    {
        using LanguageModelTransformer transformer = _ml.Transforms.Text.ApplyLanguageModel(backbone: TinyBackbone.Backbone).Fit(_data);
        float[][] features = Column<float[]>(transformer, "Features");
        float[] likelihoods = Column<float>(transformer, "LogLikelihood");
        transformer.ScoreWith(new PlantedEngine());
        Assert.NotEqual(features[0], Column<float[]>(transformer, "Features")[0]);
        transformer.ScoreWith(new OnnxRuntimeEngine());
        AssertNear(features, Column<float[]>(transformer, "Features"));
        Near.Check("likelihoods", tensor(likelihoods), tensor(Column<float>(transformer, "LogLikelihood")), null, 1e-3);
    }

    [Fact]
    public void TransformersThatNeedMoreThanStates_Refuse_AndChainsWithoutOthersToo()
    {
        using EmbeddingGeometryTransformer geometry = _ml.Transforms.Text.MeasureEmbeddingGeometry(backbone: TinyBackbone.Backbone).Fit(_data);
        Assert.Contains(nameof(EmbeddingGeometryTransformer), Assert.Throws<NotSupportedException>(() => geometry.ScoreWith(new PlantedEngine())).Message, StringComparison.Ordinal);
        geometry.ScoreWith(null);
        Assert.Throws<ArgumentException>(() => ((ITransformer)geometry).ScoreWith(new PlantedEngine()));
        ITransformer copies = _ml.Transforms.CopyColumns("Copy", "Text").Fit(_data);
        Assert.Contains("network", Assert.Throws<ArgumentException>(() => copies.ScoreWith(new PlantedEngine())).Message, StringComparison.Ordinal);
        using var chain = new TransformerChain<ITransformer>(copies, geometry, _chain);
        var planted = new PlantedEngine();
        chain.ScoreWith(planted);
        Assert.Equal(1, planted.Alive);
    }

    private T[] Column<T>(ITransformer model, string name) => [.. model.Transform(_data).GetColumn<T>(name)];

    private float[][] Scores(ITransformer model) => Column<float[]>(model, "Score");

    private static void AssertNear(float[][] expected, float[][] actual) => Near.Check("scores", tensor([.. expected.SelectMany(row => row)]), tensor([.. actual.SelectMany(row => row)]), null, 1e-4);

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
