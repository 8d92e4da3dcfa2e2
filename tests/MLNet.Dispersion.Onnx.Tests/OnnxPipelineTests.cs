using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>ML.NET around our files: a transformer is written with its classes, and ApplyOnnxModel scores it in a pipeline.</summary>
public sealed class OnnxPipelineTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly Scratch _scratch = new();
    private readonly string[] _texts = TinyBackbone.LabelledTexts(24).Texts;
    private readonly FineTuneWithDispersionTransformer _transformer;

    public OnnxPipelineTests()
    {
        IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());
        _transformer = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: new FineTuneOptions { Epochs = 2, ValidationFraction = 0 }).Fit(keyed);
    }

    public void Dispose()
    {
        _transformer.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void ApplyOnnxModel_GivesTheScoresOfTheTransformer()
    {
        _transformer.SaveOnnx(_scratch.File("out", "model.onnx"));
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(_scratch.File("out")));
        float[][] expected = [.. _transformer.Transform(Data()).GetColumn<float[]>("Score")];
        var rows = _texts.Select(text => tokenizer.Encode(text).Ids).Select(ids => new TokenRow { Ids = [.. ids.Select(id => (long)id)], Mask = [.. ids.Select(_ => 1L)] });
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        var pipeline = _ml.Transforms.ApplyOnnxModel(["scores", "logits"], ["input_ids", "attention_mask"], _scratch.File("out", "model.onnx"));

        float[][] actual = [.. pipeline.Fit(data).Transform(data).GetColumn<float[]>("scores")];

        Near.Check("scores", stack([.. expected.Select(row => tensor(row))]), stack([.. actual.Select(row => tensor(row))]), null, 1e-5);
    }

    [Fact]
    public void SaveOnnx_OfATransformer_NamesItsClasses()
    {
        _transformer.SaveOnnx(_scratch.File("model.onnx"));
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Assert.Equal("[\"money\",\"faults\",\"parcels\"]", run.Facts["labels"]);
    }

    private IDataView Data() => _ml.Data.LoadFromEnumerable(_texts.Select((text, i) => new TextRow { Text = text, Label = new[] { "money", "faults", "parcels" }[i % 3] }));

    private sealed class TextRow
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class TokenRow
    {
        [ColumnName("input_ids")]
        public long[] Ids { get; set; } = [];

        [ColumnName("attention_mask")]
        public long[] Mask { get; set; } = [];
    }
}
