using MLNet.Dispersion.Tests.Reference;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>BF16 products on float32 masters: how far from float32 they may be, and what stays float32.</summary>
public sealed class BackbonePrecisionTests : ReferenceTests
{
    // BF16 keeps 8 significant bits: a rounded operand is off by at most 2^-9 = 0.2 % of itself, and blocks add up. Attention scores are rounded too,
    // as in PyTorch's autocast of plain attention. Measured over all golden models, relative L2: hidden states at most 1.05 %, logits 1.05 %,
    // cross-entropy 0.14 % (of the trained one, whose attention is sharp), whole gradient 3.1 %; the bounds are about twice that.
    private const double StateBound = 2e-2;
    private const double LogitBound = 2e-2;
    private const double LossBound = 3e-3;
    private const double GradientBound = 6e-2;

    [SkippableFact]
    public void Forward_BFloat16_StaysNearFloat32() => CheckEach(ReferenceModels.CausalKeys, folder => folder.Case("forward in bfloat16", () =>
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var model = new TinyModel(folder);
        using LanguageBackbone backbone = model.Load();
        var (states, logits, loss) = Run(model, backbone, ScalarType.Float32);

        var (roughStates, roughLogits, roughLoss) = Run(model, backbone, ScalarType.BFloat16);

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
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Backward_BFloat16_GivesFloat32GradientsNearThose() => CheckEach(ReferenceModels.CausalKeys, folder => folder.Case("gradient in bfloat16", () =>
    {
        using var scope = NewDisposeScope();
        var model = new TinyModel(folder);
        using LanguageBackbone backbone = model.Load();
        var exact = Gradients(model, backbone, ScalarType.Float32);

        var rough = Gradients(model, backbone, ScalarType.BFloat16);

        Assert.All(rough.Values, gradient => Assert.Equal(ScalarType.Float32, gradient.dtype));
        double distance = Math.Sqrt(exact.Sum(g => Square(rough[g.Key] - g.Value)));
        double size = Math.Sqrt(exact.Values.Sum(Square));
        Assert.InRange(distance / size, 1e-5, GradientBound);
    }), TinyModel.Refuses);

    private static (Tensor[] States, Tensor Logits, double Loss) Run(TinyModel model, LanguageBackbone backbone, ScalarType type)
    {
        backbone.ComputeType = type;
        BackboneOutput output = model.Forward(backbone);
        double loss = model.CrossEntropy(backbone, output).item<float>();
        return ([.. output.HiddenStates.Select(state => state!)], backbone.Logits(output.LastHiddenState), loss);
    }

    private static Dictionary<string, Tensor> Gradients(TinyModel model, LanguageBackbone backbone, ScalarType type)
    {
        backbone.ComputeType = type;
        backbone.zero_grad();
        model.CrossEntropy(backbone, model.Forward(backbone)).backward();
        return backbone.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(p => p.name, p => p.parameter.grad!.clone());
    }

    private static double Square(Tensor value) => value.square().sum().item<float>();

    private static double Relative(Tensor actual, Tensor expected) => Math.Sqrt(Square(actual - expected) / Square(expected));
}
