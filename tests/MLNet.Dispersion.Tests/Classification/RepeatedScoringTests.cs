using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class RepeatedScoringTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Read_AgainAndAgain_WarnsOnceAndSaysWhatHelps()
    {
        using FakeScorer scorer = new();
        using FineTuneWithDispersionTransformer model = Rows.Transformer(_ml, scorer);
        var log = new LogRecorder(_ml);
        IDataView scored = model.Transform(Rows.View(_ml, 6));

        Read(scored, 2);
        Assert.Empty(log.Warnings);
        Read(scored, 4);

        string warning = Assert.Single(log.Warnings);
        Assert.StartsWith("The texts of column 'Text' are scored for the 3rd time", warning, StringComparison.Ordinal);
        Assert.Contains("ml.Data.Cache(data)", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherColumnsOrACacheOrOtherData_WarnsOfNothing()
    {
        using FakeScorer scorer = new();
        using FineTuneWithDispersionTransformer model = Rows.Transformer(_ml, scorer);
        var log = new LogRecorder(_ml);
        IDataView scored = model.Transform(Rows.View(_ml, 6));

        for (int pass = 0; pass < 6; pass++)
        {
            Assert.Equal(6, scored.GetColumn<string>("Text").Count());
            Read(model.Transform(Rows.View(_ml, 6)), 1);
        }

        Read(_ml.Data.Cache(scored), 6);
        Assert.Empty(log.Warnings);
    }

    private static void Read(IDataView scored, int passes)
    {
        for (int pass = 0; pass < passes; pass++)
        {
            Assert.Equal(6, scored.GetColumn<float[]>("Score").Count());
        }
    }
}
