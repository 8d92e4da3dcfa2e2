using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using MLNet.Dispersion.Tests.Training;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Runs of the reference's trainer, with and without dispersion, step by step.</summary>
public sealed class TrainTrajectoryReferenceTests : ReferenceTests
{
    private const string Folder = "train_trajectory";
    private const double LossTolerance = 1e-4;
    private const double WeightTolerance = 2e-5;

    [SkippableFact]
    public void Run_EveryStep_FollowsTheReference() => CheckRuns(run => run.Name, (run, trajectory) =>
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = trajectory.Start();
        FineTuneOptions options = trajectory.Options(run.Value.GetProperty("config"));
        JsonElement[] expected = [.. run.Value.GetProperty("steps").EnumerateArray()];

        List<(double LearningRate, StepFigures Figures)> steps = trajectory.Run(backbone, options);

        Assert.Equal(expected.Length, steps.Count);
        foreach ((JsonElement reference, (double learningRate, StepFigures figures)) in expected.Zip(steps))
        {
            Assert.Equal(reference.Number("lr"), learningRate, 1e-12);
            Assert.Equal(reference.Number("ce"), figures.TaskLoss, LossTolerance);
            Assert.Equal(reference.Number("grad_norm_before_clip"), figures.GradientNorm, LossTolerance * 10);
            if (options.Dispersion.Coefficient > 0)
            {
                Assert.Equal(reference.Number("dispersion"), figures.Dispersion!.Value, LossTolerance);
            }
        }

        var parameters = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        string prefix = $"{run.Name}.";
        Assert.NotEmpty(trajectory.FinalParameters.Names(prefix));
        Assert.All(trajectory.FinalParameters.Names(prefix), name =>
        {
            double difference = (parameters[name[prefix.Length..]] - trajectory.FinalParameters.Tensor(name)).abs().max().item<float>();
            Assert.True(difference <= WeightTolerance, $"{name} differs by {difference}");
        });
    });

    [SkippableFact]
    public void Run_InMixedPrecision_StaysWithinTheBound() => CheckRuns(run => $"{run.Name} in bfloat16", (run, trajectory) =>
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = trajectory.Start();
        backbone.ComputeType = ScalarType.BFloat16;

        double[] curve = [.. trajectory.Run(backbone, trajectory.Options(run.Value.GetProperty("config"))).Select(step => step.Figures.TaskLoss)];

        MixedPrecisionCurveTests.AssertNear([.. run.Value.GetProperty("steps").EnumerateArray().Select(step => step.Number("ce"))], curve);
    });

    private static void CheckRuns(Func<JsonProperty, string> name, Action<JsonProperty, Trajectory> compare) => Check(Folder, folder =>
    {
        var trajectory = new Trajectory(folder);
        foreach (JsonProperty run in trajectory.Runs)
        {
            folder.Case(name(run), () => compare(run, trajectory));
        }
    }, TinyModel.Refuses);

    /// <summary>What all runs of the folder have in common.</summary>
    private sealed class Trajectory(ReferenceFolder folder)
    {
        private readonly JsonElement _file = folder.Json("trajectory.json");
        private readonly GoldenTensors _batches = new(folder.FileOf("batches.safetensors"));

        public GoldenTensors FinalParameters { get; } = new(folder.FileOf("final_params.safetensors"));

        public IEnumerable<JsonProperty> Runs => _file.GetProperty("runs").EnumerateObject();

        private JsonElement Settings => _file.GetProperty("settings");

        /// <summary>The model that the runs begin with.</summary>
        public LanguageBackbone Start() =>
            BackboneRegistry.Load(new DirectorySource(Path.GetDirectoryName(SharedFixtures.Path("fixtures", Settings.GetProperty("start").GetString()!))!));

        /// <summary>The settings of all runs and those of one.</summary>
        public FineTuneOptions Options(JsonElement run)
        {
            // Warm-up ends with the first step of the full rate.
            double[] rates = Runs.First().Value.GetProperty("steps").EnumerateArray().Select(step => step.Number("lr")).ToArray();
            double[] betas = Settings.Numbers("betas");
            return new FineTuneOptions
            {
                LearningRate = Settings.Number("lr"),
                WarmupRatio = Array.IndexOf(rates, rates.Max()) / (double)rates.Length,
                WeightDecay = Settings.Number("weight_decay"),
                Beta1 = betas[0],
                Beta2 = betas[1],
                AdamEpsilon = Settings.Number("eps"),
                MaxGradNorm = Settings.Number("max_grad_norm"),
                Dispersion = new DispersionOptions
                {
                    Coefficient = run.Number("coef"),
                    Variant = run.TryGetProperty("variant", out JsonElement variant) ? DispersionReferenceTests.Variant(variant.GetString()!) : DispersionVariant.AngularSpread,
                    Layers = run.TryGetProperty("loc", out JsonElement layers) ? Enum.Parse<LayerSelection>(layers.GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true) : LayerSelection.All,
                    ClampThreshold = Settings.Number("clamp_threshold"),
                    TauCos = Settings.Number("tau_cos"),
                    TauL2 = Settings.Number("tau_l2"),
                    MaxTokens = null,
                },
            };
        }

        /// <summary>Trains on the batches one after the other.</summary>
        public List<(double LearningRate, StepFigures Figures)> Run(LanguageBackbone backbone, FineTuneOptions options)
        {
            using var optimizer = ParameterGroups.CreateOptimizer(backbone.named_parameters(), [], options);
            using var generator = new Generator(1, CPU);
            var step = new TrainingStep(backbone, new CausalLMObjective(), optimizer, options.Dispersion, options.MaxGradNorm, generator, CPU);
            long[] shape = _batches.Shape("input_ids");
            int[][][] batches = [.. _batches.Longs("input_ids").Select(id => (int)id).Chunk((int)shape[2]).Chunk((int)shape[1])];
            var schedule = new LearningRateSchedule(options.LearningRate!.Value, batches.Length, options.WarmupRatio!.Value);
            backbone.train();
            return [.. batches.Select((rows, i) =>
                (schedule.At(i), step.Run([new TrainingRows(rows).Batch([.. Enumerable.Range(0, rows.Length)], padId: 0)], schedule.At(i), CancellationToken.None)))];
        }
    }
}
