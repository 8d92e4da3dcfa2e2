using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>Ten thousand predictions leave nothing behind.</summary>
public sealed class PredictionMemoryTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private const int Predictions = 10_000;

    [Fact]
    public void Predict_TenThousandRows_MemoryStaysFlat()
    {
        using var engine = model.Ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(model.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        List<TextRow> rows = Rows.Labelled(50);
        Predict(engine, rows, Predictions / 4);
        var before = Memory();

        Predict(engine, rows, Predictions);

        var after = Memory();
        Assert.Equal(before.Tensors, after.Tensors);
        Assert.InRange(after.ManagedBytes - before.ManagedBytes, long.MinValue, 2 << 20);
        Assert.InRange(after.ResidentBytes - before.ResidentBytes, long.MinValue, Predictions * 800L);
    }

    private static void Predict(PredictionEngine<TextRow, NamedPrediction> engine, List<TextRow> rows, int count)
    {
        for (int i = 0; i < count; i++)
        {
            engine.Predict(rows[i % rows.Count]);
        }
    }

    private static (long Tensors, long ManagedBytes, long ResidentBytes) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (DisposeScopeManager.Statistics.ThreadTotalLiveCount, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }
}
