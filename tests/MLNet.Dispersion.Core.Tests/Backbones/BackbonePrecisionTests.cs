using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Backbones;

/// <summary>BF16 products on float32 masters: how far from float32 they may be, and what stays float32.</summary>
public sealed class BackbonePrecisionTests
{
    // BF16 keeps 8 significant bits: a rounded operand is off by at most 2^-9 = 0.2 % of itself, and blocks add up. Attention scores are rounded too,
    // as in PyTorch's autocast of plain attention. Measured over all golden models, relative L2: hidden states at most 1.05 %, logits 1.05 %,
    // cross-entropy 0.14 % (of stories260k, the one with sharp attention), whole gradient 3.1 %; the bounds are about twice that.
    private const double StateBound = 2e-2;
    private const double LogitBound = 2e-2;
    private const double LossBound = 3e-3;
    private const double GradientBound = 6e-2;

    public static TheoryData<string, string> Models() => BackboneGoldenTests.Models();

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Forward_BFloat16_StaysNearFloat32(string model, string golden)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = BackboneGoldenTests.Load(model);
        var expected = SafetensorsFile.ReadAll(golden, "expected.safetensors");
        var (states, logits, loss) = Run(backbone, expected, ScalarType.Float32);

        var (roughStates, roughLogits, roughLoss) = Run(backbone, expected, ScalarType.BFloat16);

        Assert.All(roughStates, state => Assert.Equal(ScalarType.Float32, state.dtype));
        Assert.Equal(ScalarType.Float32, roughLogits.dtype);
        Assert.True(roughStates[0].eq(states[0]).all().item<bool>(), "embeddings are float32 in both");
        for (int i = 1; i < states.Length; i++)
        {
            // Not equal either: the products do run in BF16.
            Assert.InRange(Relative(roughStates[i], states[i]), 1e-5, StateBound);
        }

        Assert.InRange(Relative(roughLogits, logits), 1e-5, LogitBound);
        Assert.InRange(Math.Abs(roughLoss - loss) / loss, 0, LossBound);
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Backward_BFloat16_GivesFloat32GradientsNearThose(string model, string golden)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneGoldenTests.Load(model);
        var expected = SafetensorsFile.ReadAll(golden, "expected.safetensors");
        var exact = Gradients(backbone, expected, ScalarType.Float32);

        var rough = Gradients(backbone, expected, ScalarType.BFloat16);

        Assert.All(rough.Values, gradient => Assert.Equal(ScalarType.Float32, gradient.dtype));
        double distance = Math.Sqrt(exact.Sum(g => Square(rough[g.Key] - g.Value)));
        double size = Math.Sqrt(exact.Values.Sum(Square));
        Assert.InRange(distance / size, 1e-5, GradientBound);
    }

    private static (Tensor[] States, Tensor Logits, double Loss) Run(LanguageBackbone backbone, Dictionary<string, Tensor> inputs, ScalarType type)
    {
        backbone.ComputeType = type;
        var output = BackboneGoldenTests.Forward(backbone, inputs);
        double loss = BackboneGoldenTests.CrossEntropy(backbone, output, inputs).item<float>();
        return ([.. output.HiddenStates.Select(state => state!)], backbone.Logits(output.LastHiddenState), loss);
    }

    private static Dictionary<string, Tensor> Gradients(LanguageBackbone backbone, Dictionary<string, Tensor> inputs, ScalarType type)
    {
        backbone.ComputeType = type;
        backbone.zero_grad();
        BackboneGoldenTests.CrossEntropy(backbone, BackboneGoldenTests.Forward(backbone, inputs), inputs).backward();
        return backbone.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(p => p.name, p => p.parameter.grad!.clone());
    }

    private static double Square(Tensor value) => value.square().sum().item<float>();

    private static double Relative(Tensor actual, Tensor expected) => Math.Sqrt(Square(actual - expected) / Square(expected));
}
