using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Adapters;

/// <summary>DoRA and rank-stabilised adapters where products are in bfloat16.</summary>
public sealed class AdapterPrecisionTests
{
    [Theory]
    [InlineData("gpt2", true, false)]
    [InlineData("gpt2", false, true)]
    [InlineData("qwen3", true, true)]
    [InlineData("bert", true, false)]
    [InlineData("bert", false, true)]
    public void Forward_BFloat16_StaysNearFloat32HasGradientsAndMerges(string family, bool dora, bool stabilised)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = Families.SmallFamilies.Backbone(family);
        using var generator = new Generator(5, CPU);
        LoraAdapter adapter = LoraAdapter.Create(backbone, new LoraOptions { Rank = 4, Alpha = 4, UseDora = dora, RankStabilized = stabilised }, generator);
        Tensor before = States().detach();
        using (no_grad())
        {
            foreach (AdaptedModule module in adapter.Modules)
            {
                module.Update.Up.uniform_(-0.2, 0.2, generator);
            }
        }

        adapter.Attach();
        Tensor expected = States().detach();
        Assert.True((expected - before).abs().max().item<float>() > 1e-2);
        backbone.ComputeType = ScalarType.BFloat16;
        Tensor narrow = States();
        Assert.Equal(ScalarType.Float32, narrow.dtype);
        double relative = (narrow.detach() - expected).norm().item<float>() / expected.norm().item<float>();
        Assert.True(relative is > 0 and < 0.1, $"relative error {relative}");

        narrow.pow(2).sum().backward();
        Assert.All(adapter.Parameters, pair => Assert.True(pair.Parameter.grad is { } gradient && gradient.dtype == ScalarType.Float32 && gradient.isfinite().all().item<bool>() && gradient.abs().max().item<float>() > 0, pair.Name));
        Assert.Equal(dora ? 3 : 2, adapter.Parameters.Count() / adapter.Modules.Count);

        adapter.Merge();
        double merged = (States().detach() - expected).norm().item<float>() / expected.norm().item<float>();
        Assert.True(merged < 0.1, $"relative error of the merged {merged}");

        Tensor States() => backbone.Forward(tensor([5L, 9, 17, 23, 40, 41, 7, 12], 1, 8), null, HiddenStateSelection.None).LastHiddenState;
    }
}
