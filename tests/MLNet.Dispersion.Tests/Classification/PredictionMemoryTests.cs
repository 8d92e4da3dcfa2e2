using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>Ten thousand predictions, three times over, leave nothing behind.</summary>
public sealed class PredictionMemoryTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private const int Predictions = 10_000;

    [Fact]
    public void Predict_TenThousandRows_MemoryStaysFlat()
    {
        using var engine = model.Ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(model.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        List<TextRow> rows = Rows.Labelled(50);
        Predict(engine, rows, Predictions / 4);
        long managed = long.MaxValue, resident = long.MaxValue;

        // What leaks does so in each round; what the runtime and the allocator once keep for themselves (a compiled method, a nursery) they do not keep again.
        for (int round = 0; round < 3; round++)
        {
            var before = Memory();
            Predict(engine, rows, Predictions);
            var after = Memory();
            Assert.Equal(before.Tensors, after.Tensors);
            managed = Math.Min(managed, after.ManagedBytes - before.ManagedBytes);
            resident = Math.Min(resident, after.ResidentBytes - before.ResidentBytes);
        }

        // A tensor left behind at each prediction would be more: its two objects and its smallest block of memory are over 400 bytes.
        Assert.InRange(managed, long.MinValue, Predictions * 100L);
        Assert.InRange(resident, long.MinValue, Predictions * 400L);
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
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (DisposeScopeManager.Statistics.ThreadTotalLiveCount, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }
}
