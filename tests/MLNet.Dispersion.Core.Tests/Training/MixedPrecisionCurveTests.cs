namespace MLNet.Dispersion.Tests.Training;

/// <summary>
/// The loss curve in mixed precision against that in float32. Both bounds were set before the first measurement: a bfloat16 number is exact within 0.4 %, a step's loss must be within 1 %, and as the
/// errors of steps are of either sign, the curve averaged over ten steps within 0.5 %.
/// </summary>
[Trait("Category", "Reference")]
public sealed class MixedPrecisionCurveTests
{
    private const double StepBound = 0.01;
    private const double CurveBound = 0.005;
    private const int Window = 10;

    [Trait("Category", "Long")]
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

    internal static void AssertNear(double[] exact, double[] mixed)
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
