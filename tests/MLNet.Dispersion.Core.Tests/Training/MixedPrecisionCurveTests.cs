using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>
/// The loss curve in mixed precision against that in float32. Both bounds were set before the first measurement: a bfloat16 number is exact within 0.4 %, a step's loss must be within 1 %, and as the
/// errors of steps are of either sign, the curve averaged over ten steps within 0.5 %.
/// </summary>
public sealed class MixedPrecisionCurveTests
{
    private const double StepBound = 0.01;
    private const double CurveBound = 0.005;
    private const int Window = 10;

    [SkippableFact]
    public void Run_TheReferencesThirtySteps_StaysWithinTheBound()
    {
        string folder = SharedFixtures.Fixture("train_trajectory");
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "trajectory.json")));
        double[] reference = [.. expected.RootElement.GetProperty("runs").GetProperty("dispersion_0.1_angular_spread_all").GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("ce").GetDouble())];
        int[][][] batches = Batches();
        using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(SharedFixtures.Fixture("gpt2_tiny")));
        using var optimizer = ParameterGroups.CreateOptimizer(model.Backbone.named_parameters(), [], new FineTuneOptions());
        using var generator = new Generator(1, CPU);
        var step = new TrainingStep(model.Backbone, new CausalLMObjective(), optimizer, new DispersionOptions { Coefficient = 0.1 }, 1, generator, CPU);
        var schedule = new LearningRateSchedule(1e-3, reference.Length, 0.2);
        model.Backbone.ComputeType = ScalarType.BFloat16;
        model.Backbone.train();

        double[] curve = [.. batches.Select((batch, i) => step.Run([new TrainingRows(batch).Batch([.. Enumerable.Range(0, batch.Length)], 0)], schedule.At(i), CancellationToken.None).TaskLoss)];

        AssertNear(reference, curve);
    }

    [SkippableFact]
    public void Train_ARealText_StaysWithinTheBound()
    {
        string text = File.ReadAllText(SharedFixtures.Path("data", "lm", "tinyshakespeare", "train.txt"))[..200_000];
        var tokenizer = ByteLevelBpeTrainer.Train([text], 512, ["<|endoftext|>"]);
        List<int[]> blocks = [.. new TextPacker(64, tokenizer.EosTokenId!.Value).Pack([tokenizer.Encode(text).Ids])];

        double[] exact = Curve(tokenizer, blocks, Precision.Float32);
        double[] mixed = Curve(tokenizer, blocks, Precision.BFloat16Mixed);

        Assert.NotEqual(exact, mixed);
        Assert.True(exact[^1] < 0.8 * exact[0], $"Nothing was learned: {exact[0]} to {exact[^1]}.");
        AssertNear(exact, mixed);
    }

    private static double[] Curve(TextTokenizer tokenizer, List<int[]> blocks, Precision precision)
    {
        using PretrainedLanguageModel model = new Gpt2Shape(3, 96, 3, 64).CreateModel("small", tokenizer, 1);
        var result = LanguageModelTrainer.Train(model, blocks, new FineTuneOptions
        {
            MaxSteps = 150,
            MicroBatchSize = 8,
            LearningRate = 2e-3,
            ValidationFraction = 0,
            GeometryProbe = null,
            Precision = precision,
            Dispersion = new DispersionOptions { Coefficient = 0.1 },
            Seed = 1,
        });
        return [.. result.History.Select(step => step.TaskLoss)];
    }

    private static int[][][] Batches()
    {
        using var scope = NewDisposeScope();
        var ids = SafetensorsFile.ReadAll("train_trajectory", "batches.safetensors")["input_ids"];
        return [.. Enumerable.Range(0, (int)ids.shape[0]).Select(step => Enumerable.Range(0, (int)ids.shape[1]).Select(row => ids[step][row].data<long>().Select(id => (int)id).ToArray()).ToArray())];
    }

    private static void AssertNear(double[] exact, double[] mixed)
    {
        Assert.Equal(exact.Length, mixed.Length);
        for (int i = 0; i < exact.Length; i++)
        {
            Assert.InRange(mixed[i] / exact[i], 1 - StepBound, 1 + StepBound);
        }

        for (int i = 0; i + Window <= exact.Length; i += Window)
        {
            Assert.InRange(mixed.Skip(i).Take(Window).Average() / exact.Skip(i).Take(Window).Average(), 1 - CurveBound, 1 + CurveBound);
        }
    }
}
