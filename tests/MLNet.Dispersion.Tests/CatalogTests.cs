using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests;

public sealed class CatalogTests
{
    private static readonly ModelSource NoBackbone = ModelSource.FromSource("none", new DirectorySource("there-is-no-such-directory"));
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void FineTuneWithDispersion_AsTheReadmeWritesIt_Compiles()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(_ml, options: new() { Dispersion = { Coefficient = 1 } })
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        SchemaShape shape = pipeline.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema));
        Assert.Equal(TextDataViewType.Instance, shape.Single(column => column.Name == "PredictedLabel").ItemType);
    }

    [Fact]
    public void FineTuneWithDispersion_OnAChain_KeepsItFlat()
    {
        EstimatorChain<ColumnCopyingTransformer> chain = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.CopyColumns("Copy", "Text"));
        EstimatorChain<FineTuneWithDispersionTransformer> longer = chain.FineTuneWithDispersion(_ml, backbone: NoBackbone);
        SchemaShape shape = longer.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema));
        Assert.Equal(["Text", "Label", "Id", "Pair", "Copy", "PredictedLabel", "Score"], shape.Select(column => column.Name));
        Assert.IsType<FineTuneWithDispersionEstimator>(longer.LastEstimator);
    }

    [Fact]
    public void FineTuneWithDispersion_OwnColumnNames_AreUsed()
    {
        FineTuneWithDispersionEstimator estimator = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(
            "Label", "Text", NoBackbone, scoreColumnName: "P", predictedLabelColumnName: "Class");
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Rows.View(_ml, 3)).Transform(Rows.View(_ml, 3));
        Assert.Equal(["Text", "Label", "Id", "Pair", "Class", "P"], estimator.GetOutputSchema(SchemaShapes.Of(data.Schema)).Select(column => column.Name));
    }

    [Fact]
    public void CatalogEnvironment_OfTrainers_IsTheContextsOwn()
    {
        var messages = new List<string>();
        _ml.Log += (_, e) => messages.Add(e.Message);
        using (var channel = CatalogEnvironment.Of(_ml.MulticlassClassification.Trainers).Start("Here"))
        {
            channel.Info(Microsoft.ML.Runtime.MessageSensitivity.None, "hello");
        }

        Assert.Contains(messages, message => message.Contains("hello", StringComparison.Ordinal));
    }

    [Fact]
    public void FineTuneWithDispersion_NoBackbone_StartsFromTheSentenceModel() =>
        Assert.Equal("TinySentences", _ml.MulticlassClassification.Trainers.FineTuneWithDispersion().BackboneName);

    [Fact]
    public void TinySentences_Read_IsMeanPooledAndTellsWhatIsAlike()
    {
        Assert.Same(ModelSource.TinySentences, ModelSource.TinySentences);
        using var model = PretrainedLanguageModel.Load(ModelSource.TinySentences);
        var extractor = new TextFeatureExtractor(model);
        float[][] vectors = [.. extractor.Extract(["Please send my money back.", "I would like a refund.", "The weather in Oslo is cold."], likelihoods: false).Select(text => text.Embedding!)];

        double Cosine(int one, int other) => vectors[one].Zip(vectors[other], (a, b) => (double)a * b).Sum();
        Assert.All(vectors, vector => Assert.Equal(1, Math.Sqrt(vector.Sum(value => (double)value * value)), 1e-4));
        Assert.True(Cosine(0, 1) > Cosine(0, 2) + 0.2, $"{Cosine(0, 1)} against {Cosine(0, 2)}");
    }

    [Fact]
    public void TinyEnglish_IsOneInstance()
    {
        Assert.Same(ModelSource.TinyEnglish, ModelSource.TinyEnglish);
        Assert.Equal("TinyEnglish", ModelSource.TinyEnglish.Name);
    }
}
