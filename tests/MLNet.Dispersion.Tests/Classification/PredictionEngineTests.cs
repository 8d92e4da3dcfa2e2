using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class PredictionEngineTests : IDisposable
{
    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };
    private readonly MLContext _ml = new(seed: 1);
    private readonly FakeScorer _scorer = new();

    public void Dispose() => _scorer.Dispose();

    [Fact]
    public void Predict_TransformerAlone_ScoresEachRowOnce()
    {
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(Rows.Transformer(_ml, _scorer), Shared);
        foreach (string text in new[] { "a cat", "a cat", "seven", "" })
        {
            KeyPrediction prediction = engine.Predict(new TextRow { Text = text });
            Assert.Equal(FakeScorer.ScoresOf(text, 3), prediction.Score);
            Assert.Equal(FakeScorer.BestKey(text, 3), prediction.PredictedLabel);
        }

        Assert.Equal([1, 1, 1, 1], _scorer.Blocks);
    }

    [Fact]
    public void Predict_InTheMiddleOfAChain_NamesTheClass()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, _scorer);
        IDataView empty = transformer.Transform(Rows.View(_ml, 0));
        ITransformer before = _ml.Transforms.CopyColumns("Copy", "Id").Fit(Rows.View(_ml, 0));
        ITransformer after = _ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(empty);
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(new TransformerChain<ITransformer>(before, transformer, after), Shared);
        NamedPrediction prediction = engine.Predict(new TextRow { Text = "a dog" });
        Assert.Equal(Rows.ClassNames[(int)FakeScorer.BestKey("a dog", 3) - 1], prediction.PredictedLabel);
        Assert.Equal(FakeScorer.ScoresOf("a dog", 3), prediction.Score);
        Assert.Equal("a dog", prediction.Text);
        Assert.Equal([1], _scorer.Blocks);
    }

    [Fact]
    public void Predict_ManyEnginesOverOneTransformer_AllRight()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, _scorer);
        List<TextRow> rows = Rows.Labelled(60);
        Parallel.For(0, 8, _ =>
        {
            using var engine = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(transformer, Shared);
            foreach (TextRow row in rows)
            {
                Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), engine.Predict(row).Score);
            }
        });
        Assert.Equal(0, _scorer.Disposals);
    }

    [Fact]
    public void Predict_OnlyOtherColumnsAsked_ScoresNothing()
    {
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, IdOnly>(Rows.Transformer(_ml, _scorer), Shared);
        Assert.Equal(4, engine.Predict(new TextRow { Id = 4 }).Id);
        Assert.Empty(_scorer.Blocks);
    }

    [Fact]
    public void Dispose_EngineOwnsTransformerByDefault_OtherEngineSaysWhy()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, _scorer);
        var first = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(transformer);
        using var second = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(transformer, Shared);
        first.Dispose();
        var error = Assert.Throws<ObjectDisposedException>(() => second.Predict(new TextRow { Text = "a cat" }));
        Assert.Contains("OwnsTransformer = false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_EngineDoesNotOwnTransformer_OtherEngineGoesOn()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, _scorer);
        var first = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(transformer, Shared);
        using var second = _ml.Model.CreatePredictionEngine<TextRow, KeyPrediction>(transformer, Shared);
        first.Dispose();
        Assert.Equal(FakeScorer.ScoresOf("a cat", 3), second.Predict(new TextRow { Text = "a cat" }).Score);
    }

    [Fact]
    public void GetRow_RowOfAnotherSchema_Throws()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, _scorer);
        IDataView data = Rows.View(_ml, 1);
        IRowToRowMapper mapper = transformer.GetRowToRowMapper(Rows.View(_ml, 1).Schema);
        using DataViewRowCursor row = data.GetRowCursor(data.Schema);
        Assert.Throws<ArgumentException>(() => mapper.GetRow(row, mapper.OutputSchema));
    }

    [Fact]
    public void GetDependencies_ScoreAsked_AddsTheTextAlone()
    {
        IRowToRowMapper mapper = Rows.Transformer(_ml, _scorer).GetRowToRowMapper(Rows.View(_ml, 1).Schema);
        Assert.Equal(["Text", "Id"], mapper.GetDependencies([mapper.OutputSchema["Score"], mapper.OutputSchema["Id"]]).Select(column => column.Name));
        Assert.Equal(["Id"], mapper.GetDependencies([mapper.OutputSchema["Id"]]).Select(column => column.Name));
        Assert.Empty(mapper.GetDependencies([]));
    }

    private sealed class KeyPrediction
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }
    }

    private sealed class IdOnly
    {
        public float Id { get; set; }
    }
}
