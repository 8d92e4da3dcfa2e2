using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class DisposeTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Dispose_Twice_FreesTheModelOnce()
    {
        var scorer = new FakeScorer();
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, scorer);
        transformer.Dispose();
        transformer.Dispose();
        Assert.Equal(1, scorer.Disposals);
    }

    [Fact]
    public void EveryUse_AfterDispose_ThrowsObjectDisposed()
    {
        IDataView data = Rows.View(_ml, 3);
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        IDataView scoredBefore = transformer.Transform(data);
        transformer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => transformer.Transform(data));
        Assert.Throws<ObjectDisposedException>(() => transformer.GetOutputSchema(data.Schema));
        Assert.Throws<ObjectDisposedException>(() => transformer.GetRowToRowMapper(data.Schema));
        using var stream = new MemoryStream();
        Assert.Throws<ObjectDisposedException>(() => _ml.Model.Save(transformer, data.Schema, stream));
        Assert.Throws<ObjectDisposedException>(() => ReadFirstLabel(scoredBefore));
    }

    [Fact]
    public void Dispose_WhileACallRuns_FreesTheModelWhenItReturns()
    {
        SharedModel<FineTunedTextModel>? shared = null;
        int disposalsInside = -1;
        FakeScorer? scorer = null;
        scorer = new FakeScorer
        {
            WhileScoring = () =>
            {
                shared!.Dispose();
                disposalsInside = scorer!.Disposals;
            },
        };
        shared = new SharedModel<FineTunedTextModel>(scorer, "Owner", "model");
        Assert.Equal(FakeScorer.ScoresOf("x", 3), shared.Use(model => model.Score(["x"]).Values));
        Assert.Equal(0, disposalsInside);
        Assert.Equal(1, scorer.Disposals);
        Assert.Throws<ObjectDisposedException>(() => shared.Use(model => model.Score(["x"]).Values));
    }

    private static void ReadFirstLabel(IDataView scored)
    {
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        cursor.MoveNext();
        uint label = 0;
        cursor.GetGetter<uint>(scored.Schema["PredictedLabel"])(ref label);
    }
}
