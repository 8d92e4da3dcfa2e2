using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>Thirty optimizer steps of the reference, with and without dispersion, step by step.</summary>
public sealed class TrainTrajectoryTests
{
    private const double LossTolerance = 1e-4;
    private const double WeightTolerance = 2e-5;

    [SkippableTheory]
    [InlineData("baseline", 0.0, DispersionVariant.AngularSpread, LayerSelection.All)]
    [InlineData("dispersion_0.1_angular_spread_all", 0.1, DispersionVariant.AngularSpread, LayerSelection.All)]
    [InlineData("dispersion_0.1_angular_spread_last", 0.1, DispersionVariant.AngularSpread, LayerSelection.Last)]
    [InlineData("dispersion_1.0_orthogonalization_all", 1.0, DispersionVariant.Orthogonalization, LayerSelection.All)]
    public void Run_ThirtySteps_FollowsTheReference(string run, double coefficient, DispersionVariant variant, LayerSelection layers)
    {
        string folder = SharedFixtures.Fixture("train_trajectory");
        var options = new FineTuneOptions
        {
            LearningRate = 1e-3,
            WarmupRatio = 0.2,
            Dispersion = new DispersionOptions { Coefficient = coefficient, Variant = variant, Layers = layers },
        };
        using var scope = NewDisposeScope();
        using var backbone = BackboneRegistry.Load(new DirectorySource(SharedFixtures.Fixture("gpt2_tiny")));
        using var optimizer = ParameterGroups.CreateOptimizer(backbone.named_parameters(), [], options);
        using var generator = new Generator(1, CPU);
        var step = new TrainingStep(backbone, new CausalLMObjective(), optimizer, options.Dispersion, options.MaxGradNorm, generator, CPU);
        var schedule = new LearningRateSchedule(options.LearningRate.Value, 30, options.WarmupRatio);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "trajectory.json")));
        var expectedSteps = expected.RootElement.GetProperty("runs").GetProperty(run).GetProperty("steps");
        var batches = Batches();

        backbone.train();
        for (int i = 0; i < 30; i++)
        {
            var figures = step.Run([batches[i]], schedule.At(i), CancellationToken.None);
            var reference = expectedSteps[i];
            Assert.Equal(reference.GetProperty("lr").GetDouble(), schedule.At(i), 1e-12);
            Assert.Equal(reference.GetProperty("ce").GetDouble(), figures.TaskLoss, LossTolerance);
            Assert.Equal(reference.GetProperty("grad_norm_before_clip").GetDouble(), figures.GradientNorm, LossTolerance * 10);
            if (coefficient > 0)
            {
                Assert.Equal(reference.GetProperty("dispersion").GetDouble(), figures.Dispersion!.Value, LossTolerance);
            }
        }

        AssertFinalWeights(run, backbone);
    }

    private static List<TaskBatch> Batches()
    {
        var ids = SafetensorsFile.ReadAll("train_trajectory", "batches.safetensors")["input_ids"];
        var batches = new List<TaskBatch>();
        for (long step = 0; step < ids.shape[0]; step++)
        {
            int[][] rows = [.. Enumerable.Range(0, (int)ids.shape[1]).Select(row => ids[step][row].data<long>().Select(id => (int)id).ToArray())];
            batches.Add(new TrainingRows(rows).Batch([.. Enumerable.Range(0, rows.Length)], padId: 0));
        }

        return batches;
    }

    private static void AssertFinalWeights(string run, LanguageBackbone backbone)
    {
        var expected = SafetensorsFile.ReadAll("train_trajectory", "final_params.safetensors").Where(pair => pair.Key.StartsWith(run + ".", StringComparison.Ordinal)).ToList();
        var actual = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        Assert.NotEmpty(expected);
        foreach (var (name, value) in expected)
        {
            double difference = (actual[name[(run.Length + 1)..]] - value).abs().max().item<float>();
            Assert.True(difference <= WeightTolerance, $"{name} differs by {difference}");
        }
    }
}
