using TorchSharp;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>A thousand steps leave nothing behind.</summary>
public sealed class TrainingMemoryTests
{
    private const int Steps = 1000;

    [Trait("Category", "Long")]
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16Mixed)]
    public void Train_ThousandSteps_MemoryStaysFlat(Precision precision)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 4 * Steps).Select(block => Enumerable.Range(0, 16).Select(i => 40 + ((block + i) % 7)).ToArray())];
        var samples = new Samples();

        LanguageModelTrainer.Train(model, blocks, new FineTuneOptions
        {
            Epochs = 1,
            MicroBatchSize = 4,
            ValidationFraction = 0,
            GeometryProbe = null,
            Precision = precision,
            Progress = samples,
        });

        // Of the last 700 steps: not one tensor more, and less than 8 KB a step of memory of any kind, a fifth of one step's own tensors.
        Assert.Equal(Steps, samples.Last.Step);
        Assert.Equal(samples.First.Tensors, samples.Last.Tensors);
        Assert.InRange(samples.Last.ManagedBytes - samples.First.ManagedBytes, long.MinValue, 2 << 20);
        Assert.InRange(samples.Last.ResidentBytes - samples.First.ResidentBytes, long.MinValue, 700L * 8192);
    }

    private sealed class Samples : IProgress<TrainingProgress>
    {
        public (int Step, long Tensors, long ManagedBytes, long ResidentBytes) First { get; private set; }

        public (int Step, long Tensors, long ManagedBytes, long ResidentBytes) Last { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (value.Step is 300 or Steps)
            {
                // Aggressive: what the collector keeps for its nursery, whose size is its own affair, is given back before memory is read.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                Last = (value.Step, DisposeScopeManager.Statistics.ThreadTotalLiveCount, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
                First = value.Step == 300 ? Last : First;
            }
        }
    }
}
