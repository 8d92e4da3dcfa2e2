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
            .FineTuneWithDispersion(_ml, backbone: ModelSource.TinyEnglish, options: new() { Epochs = 3, Dispersion = { Coefficient = 0.1 } })
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
    public void TinyEnglish_IsOneInstance()
    {
        Assert.Same(ModelSource.TinyEnglish, ModelSource.TinyEnglish);
        Assert.Equal("TinyEnglish", ModelSource.TinyEnglish.Name);
    }
}
