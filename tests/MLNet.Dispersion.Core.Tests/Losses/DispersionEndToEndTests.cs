using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>The regulariser's gradient through a whole backbone, down to its weights.</summary>
public class DispersionEndToEndTests
{
    private const string Prefix = "grad.dispersion_only_clamp_0.1.";

    [SkippableTheory]
    [InlineData("gpt2_tiny")]
    [InlineData("qwen3_tiny")]
    [InlineData("llama_tiny")]
    [InlineData("gpt_neox_tiny")]
    public void Compute_OnABackbone_GivesTheReferencesWeightGradients(string model)
    {
        using var scope = NewDisposeScope();
        var golden = new GoldenTensors(SharedFixtures.Fixture(model, "expected.safetensors"));
        using LanguageBackbone backbone = BackboneRegistry.Load(new DirectorySource(SharedFixtures.Fixture(model)));
        Tensor ids = tensor(golden.Longs("input_ids"), golden.Shape("input_ids"));
        Tensor mask = tensor(golden.Longs("attention_mask"), golden.Shape("attention_mask")).to(ScalarType.Bool);
        BackboneOutput output = backbone.Forward(ids, mask, HiddenStateSelection.Of(LayerSelection.All.HiddenStateIndices(backbone.Info.LayerCount)));

        // The reference lets pads take part, hence no mask for the loss itself.
        DispersionRegularizer.Compute(output.HiddenStates, null, new DispersionOptions(), null).backward();
        int compared = 0;
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in backbone.named_parameters())
        {
            if (golden.Contains(Prefix + name))
            {
                Tensor expected = golden.Tensor(Prefix + name);

                // An untied head is out of the loss's reach: no gradient here, zeros in the reference.
                Tensor actual = parameter.grad ?? zeros_like(parameter);
                double error = (actual - expected).norm().item<float>(), norm = expected.norm().item<float>();
                Assert.True(error <= 1e-4 * norm, $"{name}: off by {error:g3} of {norm:g3}");
                compared++;
            }
        }

        Assert.Equal(golden.CountStartingWith(Prefix), compared);
        Assert.NotEqual(0, compared);
    }
}
