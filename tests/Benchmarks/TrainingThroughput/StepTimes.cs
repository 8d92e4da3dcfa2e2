using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>Times optimizer steps of the library, without and with dispersion in turn, on one model with one optimizer.</summary>
internal static class StepTimes
{
    private const int Discarded = 3;

    /// <summary>Seconds of each step of either kind.</summary>
    public static (double[] Plain, double[] Dispersed) Measure(Shape shape, Route route, int steps)
    {
        HostAllocator.KeepFreedMemory();
        using LanguageBackbone backbone = shape.Create();
        backbone.ComputeType = PrecisionResolver.ComputeType(route.Precision(), CPU);
        backbone.ActivationCheckpointing = route == Route.Checkpointed;
        backbone.train();
        var options = new FineTuneOptions { Lora = route.IsLora() ? new LoraOptions() : null };
        using TrainedParameters trained = TrainedParameters.Choose(backbone, [], options);
        using TrainingOptimizer optimizer = ParameterGroups.CreateOptimizer(trained.Backbone, trained.Head, options);
        using var generator = new Generator(1, CPU);
        var objective = new CausalLMObjective();
        TrainingStep[] kinds = [.. new[] { 0, 0.1 }.Select(coefficient => new TrainingStep(
            backbone, objective, optimizer, new DispersionOptions { Coefficient = coefficient }, 1.0, generator, CPU))];
        List<double>[] seconds = [[], []];
        foreach (int[][] rows in shape.Blocks(2 * (steps + Discarded), backbone.Info.VocabularySize).Chunk(shape.Batch))
        {
            TokenBatch tokens = TokenBatch.Pad(rows, padId: 0);
            int kind = seconds[0].Count > seconds[1].Count ? 1 : 0;
            var watch = Stopwatch.StartNew();
            kinds[kind].Run([new TaskBatch { Tokens = tokens, Rows = [] }], 1e-4, CancellationToken.None);
            seconds[kind].Add(watch.Elapsed.TotalSeconds);
        }

        return ([.. seconds[0].Skip(Discarded)], [.. seconds[1].Skip(Discarded)]);
    }
}
