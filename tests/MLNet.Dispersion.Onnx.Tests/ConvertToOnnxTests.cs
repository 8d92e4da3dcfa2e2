using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>ML.NET's own converter, which cannot write a language model, is refused by its reason for every transformer of this library, whatever its variable is typed as and wherever it stands in a chain; SaveOnnx, which the refusal names, writes a file that ONNX Runtime opens.</summary>
public sealed class ConvertToOnnxTests : IDisposable
{
    private const int RowCount = 12;
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly Dictionary<string, (Type Transformer, Func<IEstimator<ITransformer>> Make)> Estimators = new(StringComparer.Ordinal)
    {
        ["classes"] = (typeof(FineTuneWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBackbone.Backbone, options: Brief())),
        ["classes and n-grams"] = (typeof(FineTuneWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBackbone.Backbone, options: Brief()).WithLexicalFeatures()),
        ["pairs"] = (typeof(FineTuneWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBert.Backbone, options: Brief(), secondTextColumnName: "SecondText")),
        ["yes or no"] = (typeof(FineTuneBinaryWithDispersionTransformer), () => Ml.BinaryClassification.Trainers.FineTuneWithDispersion("Yes", backbone: TinyBackbone.Backbone, options: Brief())),
        ["numbers"] = (typeof(FineTuneRegressionWithDispersionTransformer), () => Ml.Regression.Trainers.FineTuneWithDispersion("Number", backbone: TinyBackbone.Backbone, options: Brief())),
        ["many labels"] = (typeof(FineTuneMultiLabelWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion("Many", backbone: TinyBackbone.Backbone, options: Brief())),
        ["tokens"] = (typeof(FineTuneTokensWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion("Tags", "Words", TinyBackbone.Backbone, Brief())),
        ["spans"] = (typeof(FineTuneAnswersWithDispersionTransformer), () => Ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion(backbone: TinyBert.Backbone, options: Brief())),
        ["ranking"] = (typeof(FineTuneRankingWithDispersionTransformer), () => Ml.Ranking.Trainers.FineTuneRankingWithDispersion("Number", "Question", "Text", "Group", TinyBackbone.Backbone, Brief())),
        ["embeddings"] = (typeof(FineTuneEmbeddingsWithDispersionTransformer), () => Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBert.Backbone, options: Brief())),
        ["embeddings of a column"] = (typeof(FineTuneEmbeddingsWithDispersionTransformer), () => Ml.Transforms.Text.TextEmbedding("Vector", "Text", TinyBert.Backbone)),
        ["language model"] = (typeof(LanguageModelTransformer), () => Ml.Transforms.Text.ApplyLanguageModel(backbone: TinyBackbone.Backbone)),
        ["answers"] = (typeof(FineTuneInstructionsWithDispersionTransformer), () => Ml.Transforms.Text.FineTuneInstructionsWithDispersion(new() { Backbone = TinyBackbone.Backbone, Training = Brief() })),
        ["geometry"] = (typeof(EmbeddingGeometryTransformer), () => Ml.Transforms.Text.MeasureEmbeddingGeometry(backbone: TinyBackbone.Backbone)),
    };

    private readonly Scratch _scratch = new();

    public static TheoryData<string> Names => [.. Estimators.Keys];

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void EveryTransformerOfTheLibrary_IsAmongThese() => Assert.Equal(
        typeof(TextTransformer).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(ITransformer))).Select(type => type.Name).Order(StringComparer.Ordinal),
        Estimators.Values.Select(estimator => estimator.Transformer.Name).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void OfATransformer_AloneInAChainOrLoaded_IsRefusedAndWritesNothing(string name)
    {
        IDataView data = EveryTask.Rows(Ml, RowCount);
        ITransformer model = Estimators[name].Make().Fit(data);
        using var owner = (IDisposable)model;
        Assert.IsType(Estimators[name].Transformer, model);
        ITransformer copy = Ml.Transforms.CopyColumns("Copy", "Text").Fit(data);
        ITransformer select = Ml.Transforms.SelectColumns("Text").Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        ITransformer loaded = Ml.Model.Load(zip, out _);
        using var other = (IDisposable)loaded;

        AssertRefused(model, data);
        AssertRefused(new TransformerChain<ITransformer>(copy, model), data);
        AssertRefused(new TransformerChain<ITransformer>(model, copy), data);

        // This step has no form in ONNX: where the converter meets it, it looks for the first data of all.
        AssertRefused(new TransformerChain<ITransformer>(copy, model, select), data);
        AssertRefused(loaded, data);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SaveOnnx_WhichTheRefusalNames_WritesTheModel(string name)
    {
        ITransformer model = Estimators[name].Make().Fit(EveryTask.Rows(Ml, RowCount));
        using var owner = (IDisposable)model;
        string path = _scratch.File("model.onnx");
        if (model is FineTunedTextTransformer { HasLexicalFeatures: true } joined)
        {
            Assert.Contains("N-grams", Assert.Throws<NotSupportedException>(() => joined.SaveOnnx(path)).Message, StringComparison.Ordinal);
            return;
        }

        if (!EveryTask.SaveOnnx(model, path))
        {
            // It measures states, and has nothing of its own to compute.
            Assert.IsType<EmbeddingGeometryTransformer>(model);
            return;
        }

        using var run = new OnnxRun(path);
        Assert.Contains("input_ids", run.Inputs);
        Assert.NotEmpty(run.Outputs);
    }

    [Fact]
    public void OfTheStepsBehind_OnDataThatWereScored_IsRefused_AndOnACacheOfThemIsNot()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TinyBackbone.LabelledTexts(RowCount).Texts.Select((text, i) => new NumberedText { Text = text, Number = i }));
        using var model = Ml.Regression.Trainers.FineTuneWithDispersion("Number", backbone: TinyBackbone.Backbone, options: Brief()).Fit(data);
        IDataView scored = model.Transform(data);
        ITransformer copy = Ml.Transforms.CopyColumns("Copy", "Score").Fit(scored);
        AssertRefused(copy, scored);

        using var stream = new MemoryStream();
        Ml.Model.ConvertToOnnx(copy, Ml.Data.Cache(scored), stream);
        Assert.NotEqual(0, stream.Length);
    }

    private static void AssertRefused(ITransformer model, IDataView data)
    {
        using var stream = new MemoryStream();
        Action[] calls =
        [
            () => Ml.Model.ConvertToOnnx(model, data, stream),
            () => Ml.Model.ConvertToOnnx(model, data, stream, "Text"),
            () => Ml.Model.ConvertToOnnx(model, data, 12, stream),
        ];
        Assert.All(calls, call => Assert.Contains("SaveOnnx", Assert.Throws<NotSupportedException>(call).Message, StringComparison.Ordinal));
        Assert.Equal(0, stream.Length);
    }

    private static FineTuneOptions Brief() => new() { Epochs = 1, MaxSteps = 2, MicroBatchSize = 6, LearningRate = 1e-3, ValidationFraction = 0, Device = "cpu" };

    private sealed class NumberedText
    {
        public string Text { get; set; } = "";

        public float Number { get; set; }
    }
}
