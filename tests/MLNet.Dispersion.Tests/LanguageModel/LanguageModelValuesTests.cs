using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.LanguageModel;

public sealed class LanguageModelValuesTests : IDisposable
{
    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };
    private readonly MLContext _ml = new(seed: 1);
    private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Transform_ManyRows_EqualsTheCoreTextByText()
    {
        using LanguageModelTransformer transformer = Fit();
        List<LanguageRow> rows = LanguageRow.Read(_ml, transformer.Transform(Rows.View(_ml, 100)));
        string?[] texts = [.. Rows.Labelled(100).Select(row => row.Text)];
        Assert.Equal(texts, rows.Select(row => row.Text));
        Assert.All(rows, row => AssertIsThatOf(row.Text, row));
        Assert.True(rows.Select(row => row.Perplexity).Distinct().Count() > 50);
        Assert.True(rows.Select(row => row.Written).Distinct().Count() > 20);
    }

    [Fact]
    public void Transform_NullBlankBrokenAndForeignTexts_AreDefined()
    {
        string?[] texts = [null, "", "   ", "a", "\ud800 half a pair", "👍🏽 emoji", string.Join(' ', Enumerable.Repeat("invoice", 80))];
        using LanguageModelTransformer transformer = Fit();
        var log = new LogRecorder(_ml);
        List<LanguageRow> rows = LanguageRow.Read(_ml, transformer.Transform(View(texts)));
        foreach (LanguageRow row in rows[..3])
        {
            Assert.All(row.Features, value => Assert.Equal(0, value));
            Assert.Equal((32, 0, 0f, float.NaN, ""), (row.Features.Length, row.TokenCount, row.LogLikelihood, row.Perplexity, row.Written));
        }

        Assert.All(rows[3..], row => AssertIsThatOf(row.Text, row));
        Assert.All(rows[3..], row => Assert.True(row.Perplexity >= 1));
        Assert.Contains("1 text(s) of column 'Text'", Assert.Single(log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void PredictionEngine_EachRow_EqualsTransform()
    {
        using LanguageModelTransformer transformer = Fit();
        List<LanguageRow> bulk = LanguageRow.Read(_ml, transformer.Transform(Rows.View(_ml, 40)));
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, LanguageRow>(transformer, Shared);
        Assert.All(Rows.Labelled(40).Zip(bulk), pair => LanguageRow.AssertSame(pair.Second, engine.Predict(pair.First)));
    }

    [Fact]
    public void GetGetter_AskedForInTheMiddleOfARow_GivesItsValueAndThoseBefore()
    {
        using LanguageModelTransformer transformer = Fit();
        IDataView data = transformer.Transform(Rows.View(_ml, 40));
        List<LanguageRow> expected = LanguageRow.Read(_ml, data);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        Assert.True(cursor.MoveNext() && cursor.MoveNext());
        int count = 0;
        cursor.GetGetter<int>(data.Schema["TokenCount"])(ref count);
        VBuffer<float> features = default;
        cursor.GetGetter<VBuffer<float>>(data.Schema["Features"])(ref features);
        float perplexity = 0;
        cursor.GetGetter<float>(data.Schema["Perplexity"])(ref perplexity);
        ReadOnlyMemory<char> written = default;
        cursor.GetGetter<ReadOnlyMemory<char>>(data.Schema["Written"])(ref written);
        Assert.Equal((expected[1].TokenCount, expected[1].Perplexity, expected[1].Written), (count, perplexity, written.ToString()));
        Assert.Equal(expected[1].Features, features.DenseValues());
    }

    [Fact]
    public void Transform_ColumnsNotRead_AreNotComputed()
    {
        // With broken weights everything that is computed throws.
        using LanguageModelTransformer transformer = Fit();
        using (no_grad())
        {
            transformer.LanguageModel.Backbone.parameters().First().fill_(float.NaN);
        }

        IDataView data = transformer.Transform(Rows.View(_ml, 40));
        Assert.Equal(40, data.GetColumn<string>("Text").Count());
        Assert.Equal(40, data.GetColumn<int>("TokenCount").Count());
        foreach (Func<object> read in new Func<object>[] { () => data.GetColumn<float[]>("Features").Count(), () => data.GetColumn<float>("LogLikelihood").Count(), () => data.GetColumn<string>("Written").Count() })
        {
            var error = Assert.Throws<InvalidOperationException>(() => read());
            Assert.Contains("column 'Text' in the rows from 0 to 31", error.Message, StringComparison.Ordinal);
            Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Transform_ManyThreadsAtOnce_AllRowsRight()
    {
        using LanguageModelTransformer transformer = Fit();
        IDataView data = transformer.Transform(Rows.View(_ml, 50));
        List<LanguageRow> expected = LanguageRow.Read(_ml, data);
        Parallel.For(0, 4, _ => Assert.All(LanguageRow.Read(_ml, data).Zip(expected), pair => LanguageRow.AssertSame(pair.Second, pair.First)));
    }

    [Fact]
    public void Transform_ShuffledCachedAndFiltered_KeepsRowsTogether()
    {
        using LanguageModelTransformer transformer = Fit();
        IDataView data = transformer.Transform(Rows.View(_ml, 60));
        List<LanguageRow> expected = LanguageRow.Read(_ml, data);
        IDataView mixed = _ml.Data.FilterRowsByColumn(_ml.Data.ShuffleRows(_ml.Data.Cache(data), seed: 5), "Id", 10, 30);
        List<LanguageRow> rows = LanguageRow.Read(_ml, mixed);
        Assert.Equal(20, rows.Count);
        Assert.All(rows, row => LanguageRow.AssertSame(expected[(int)row.Id], row));
    }

    [Fact]
    public void Transform_ContextCancelledWhileWriting_Throws()
    {
        LanguageModelOptions options = LanguageRow.Options();
        using LanguageModelTransformer transformer = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, options).Fit(Rows.View(_ml, 0));
        IDataView data = transformer.Transform(Rows.View(_ml, 40));
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        ValueGetter<ReadOnlyMemory<char>> read = cursor.GetGetter<ReadOnlyMemory<char>>(data.Schema["Written"]);
        Assert.True(cursor.MoveNext());
        ContextCancellation.Cancel(_ml);
        ReadOnlyMemory<char> written = default;
        Assert.ThrowsAny<OperationCanceledException>(() => read(ref written));
    }

    [Fact]
    public void Dispose_AfterwardsEveryUse_SaysWhy()
    {
        LanguageModelTransformer transformer = Fit();
        IDataView data = transformer.Transform(Rows.View(_ml, 3));
        using (_ml.Model.CreatePredictionEngine<TextRow, LanguageRow>(transformer))
        {
        }

        Assert.Contains("OwnsTransformer = false", Assert.Throws<ObjectDisposedException>(() => transformer.Transform(Rows.View(_ml, 1))).Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => LanguageRow.Read(_ml, data));
        Assert.Throws<ObjectDisposedException>(() => transformer.LanguageModel);
        transformer.Dispose();
    }

    [Fact]
    public void Features_InFrontOfATrainer_TellClassesApart()
    {
        IDataView data = Rows.View(_ml, 150);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Transforms.Text.ApplyLanguageModel("Text", TinyBackbone.Backbone))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy())
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        DataOperationsCatalog.TrainTestData split = _ml.Data.TrainTestSplit(data, 0.3, seed: 1);
        ITransformer model = pipeline.Fit(split.TrainSet);
        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));

        // A third by chance: even a random network's features keep the words apart.
        Assert.InRange(metrics.MicroAccuracy, 0.8, 1);
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(model);
        Assert.Equal("animals", engine.Predict(new TextRow { Text = "cat dog horse cat", Label = "animals" }).PredictedLabel);
    }

    private void AssertIsThatOf(string? text, LanguageRow row)
    {
        TextFeatures expected = new TextFeatureExtractor(_model).Extract([text])[0];
        GeometryRow.AssertClose(
            [.. expected.Embedding!, expected.TokenCount, (float)expected.LogLikelihood!.Value, (float)expected.Perplexity!.Value],
            row.Figures,
            5e-5f);
        Assert.Equal(_model.Generate([text], LanguageRow.Options().Generation)[0].Text, row.Written);
    }

    private LanguageModelTransformer Fit() => _ml.Transforms.Text.ApplyLanguageModel("Text", TinyBackbone.Backbone, LanguageRow.Options()).Fit(Rows.View(_ml, 0));

    private IDataView View(params string?[] texts) => _ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
}
