using System.Diagnostics;
using TorchSharp;

namespace MLNet.Dispersion.Benchmarks.DistributedCost;

/// <summary>One timing.</summary>
/// <param name="What"><c>sum</c>: of so many float32 over all ranks; <c>step</c>: a training step of a model of so many weights.</param>
/// <param name="Ranks">How many ranks there were.</param>
/// <param name="Megabit">The limit of each rank's link; 0 for none.</param>
/// <param name="Floats">Entries of the sum, or weights of the model.</param>
/// <param name="Seconds">The median, on rank 0.</param>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
internal sealed record Timing(string What, int Ranks, double Megabit, long Floats, double Seconds, double Least, double Most)
{
    private const string Config = """
        {
          "model_type": "gpt2", "n_layer": 4, "n_embd": 256, "n_head": 4, "n_positions": 64, "n_ctx": 64, "vocab_size": 4096,
          "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.02,
          "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0
        }
        """;

    internal static IEnumerable<Timing> Measure(DistributedJob job, double megabit, IReadOnlyList<int> sizes, int rounds, int steps)
    {
        foreach (int size in sizes)
        {
            float[] values = new float[size];
            job.Collective.Sum(values);
            yield return Of("sum", job.Count, megabit, size, [.. Enumerable.Range(0, rounds).Select(_ =>
            {
                job.Collective.Gather([0]);
                long began = Stopwatch.GetTimestamp();
                job.Collective.Sum(values);
                return Stopwatch.GetElapsedTime(began).TotalSeconds;
            })]);
        }

        if (steps > 0)
        {
            yield return Steps(job, megabit, steps);
        }
    }

    private static Timing Steps(DistributedJob job, double megabit, int steps)
    {
        using var generator = new torch.Generator(1, torch.CPU);
        using LanguageBackbone backbone = BackboneRegistry.Create(Config, generator);
        var random = new Random(1);
        const int Rows = 4;
        int[][] blocks = [.. Enumerable.Range(0, (steps + 1) * job.Count * Rows).Select(_ => Enumerable.Range(0, 64).Select(_ => random.Next(1, 4096)).ToArray())];
        var watch = new Watch();
        var options = new FineTuneOptions { Epochs = 1, MicroBatchSize = Rows, ValidationFraction = 0, Device = "cpu", Precision = Precision.Float32, GeometryProbe = null, Seed = 1, Distributed = new DistributedOptions(), Observers = [watch] };
        FineTuneLoop.Run(backbone, new CausalLMObjective(), new TrainingRows(blocks), options, torch.CPU);
        return Of("step", job.Count, megabit, backbone.parameters().Sum(parameter => parameter.numel()), [.. watch.Seconds]);
    }

    private static Timing Of(string what, int ranks, double megabit, long floats, double[] seconds) =>
        new(what, ranks, megabit, floats, Median(seconds), seconds.Min(), seconds.Max());

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The times between the ends of steps, which leave the first out.</summary>
    private sealed class Watch : ITrainingObserver
    {
        private long _last;

        public List<double> Seconds { get; } = [];

        public void StepDone(TrainingRun run, TrainingProgress progress)
        {
            if (_last != 0)
            {
                Seconds.Add(Stopwatch.GetElapsedTime(_last).TotalSeconds);
            }

            _last = Stopwatch.GetTimestamp();
        }
    }
}
