using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Gpu;

/// <summary>What training takes on the card: memory that does not grow with steps, and its speed beside the card's own product.</summary>
public sealed class CardCostTests(ITestOutputHelper output)
{
    private const int Layers = 12;
    private const int Size = 768;
    private const int Length = 512;
    private const int Batch = 8;
    private const string Config = """
        { "model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 512, "n_ctx": 512, "vocab_size": 8192, "attn_pdrop": 0, "embd_pdrop": 0, "resid_pdrop": 0 }
        """;

    [SkippableFact]
    public void Memory_StaysFlatOverSteps()
    {
        Skip.IfNot(Card.IsCuda, "The memory of a card is asked for, and this is none.");
        var used = new List<long>();
        Train(Precision.Float32, steps: 60, progress =>
        {
            if (progress.Step % 10 == 0)
            {
                used.Add(UsedMegabytes());
            }
        });

        output.WriteLine("MiB of this process on the card, every ten steps: " + string.Join(' ', used));

        // The first steps make the allocator's blocks.
        Assert.InRange(used[^1], 1, used[2] + 64);
    }

    [SkippableFact]
    public void Steps_BesideTheProductPeak_AreToldAndBFloat16IsNoSlower()
    {
        Skip.IfNot(Card.IsCuda, "The speed of a card is asked for, and this is none.");
        double full = Share(Precision.Float32, ScalarType.Float32), half = Share(Precision.BFloat16Mixed, ScalarType.BFloat16);

        Assert.True(half <= full * 1.05, string.Create(CultureInfo.InvariantCulture, $"a step takes {full:0.000} s in float32 and {half:0.000} s in bfloat16"));
    }

    /// <returns>Seconds of a step.</returns>
    private double Share(Precision precision, ScalarType type)
    {
        var seconds = new List<double>();
        var watch = Stopwatch.StartNew();
        Train(precision, steps: 30, _ =>
        {
            Card.Wait();
            seconds.Add(watch.Elapsed.TotalSeconds);
            watch.Restart();
        });
        double step = Median(seconds.Skip(5)), peak = Peak(type);

        // Forward and backward: three products of two operations a weight and token, and the products of attention.
        double tokens = Batch * Length, weights = (12.0 * Layers * Size * Size) + (8192.0 * Size);
        double operations = 6 * tokens * (weights + ((double)Layers * Size * Length));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{precision}: {tokens / step:0} tokens/s, {operations / step / 1e12:0.0} of the {peak / 1e12:0.0} TFLOP/s that a product reaches ({operations / step / peak:P0})"));
        return step;
    }

    private static double Peak(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        const int Edge = 8192;
        Tensor left = randn([Edge, Edge], device: Card.Device).to(type), right = randn([Edge, Edge], device: Card.Device).to(type);
        var seconds = new List<double>();
        for (int round = 0; round < 12; round++)
        {
            Card.Wait();
            var watch = Stopwatch.StartNew();
            using Tensor product = left.mm(right);
            Card.Wait();
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        return 2.0 * Edge * Edge * Edge / Median(seconds.Skip(2));
    }

    private static void Train(Precision precision, int steps, Action<TrainingProgress> report)
    {
        using var generator = new Generator(1, CPU);
        LanguageBackbone backbone = BackboneRegistry.Create(Config, generator);
        backbone.to(Card.Device);
        using (backbone)
        {
            var random = new Random(1);
            int[][] blocks = [.. Enumerable.Range(0, Batch * 4).Select(_ => Enumerable.Range(0, Length).Select(_ => random.Next(8192)).ToArray())];
            FineTuneOptions options = CardTrainingTests.Options(Card.Name);
            (options.Precision, options.Epochs, options.MaxSteps, options.MicroBatchSize, options.GeometryProbe) = (precision, FineTuneOptions.NoEpochLimit, steps, Batch, null);
            options.Progress = new Told(report);
            FineTuneLoop.Run(backbone, new CausalLMObjective(), new TrainingRows(blocks), options, Card.Device);
        }
    }

    private static long UsedMegabytes()
    {
        using Process process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[] own = [.. said.Split('\n').Where(line => line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId},"), StringComparison.Ordinal))];
        Skip.If(own.Length == 0, "nvidia-smi does not see this process, as in some containers.");
        return own.Sum(line => long.Parse(line.Split(',')[1], CultureInfo.InvariantCulture));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : double.NaN;

    private sealed class Told(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
