using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>What lets scoring leave the mask out: behind causal attention, pads on the right cannot be seen by real tokens.</summary>
public sealed class PaddingMaskTests
{
    public static TheoryData<string, string, ScalarType> Families() => new()
    {
        { TinyConfigs.Gpt2, "", ScalarType.Float32 },
        { TinyConfigs.Gpt2, "", ScalarType.BFloat16 },
        { TinyConfigs.Llama, "", ScalarType.Float32 },
        { TinyConfigs.Llama, "\"model_type\": \"qwen3\"", ScalarType.BFloat16 },
        { TinyConfigs.NeoX, "", ScalarType.Float32 },
        { TinyConfigs.NeoX, "", ScalarType.BFloat16 },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_WithoutTheMask_GivesRealTokensTheSameBits(string family, string setting, ScalarType computeType)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(11);
        using var backbone = BackboneRegistry.Create(TinyConfigs.Merge(family, setting).ToJsonString(), generator);
        Assert.False(backbone.NeedsPaddingMask);
        var ids = randint(0, 13, [4, 11], ScalarType.Int64, generator: generator);
        long[] lengths = [11, 3, 7, 1];
        var mask = arange(11).unsqueeze(0) < tensor(lengths).unsqueeze(1);
        using var computing = backbone.Context.ComputeIn(computeType);

        var masked = backbone.Forward(ids, mask, HiddenStateSelection.None).LastHiddenState;
        var unmasked = backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;

        for (int row = 0; row < lengths.Length; row++)
        {
            var real = masked[row].narrow(0, 0, lengths[row]);
            Assert.True(real.isfinite().all().item<bool>());
            Assert.True(real.eq(unmasked[row].narrow(0, 0, lengths[row])).all().item<bool>(), $"row {row}");
        }
    }
}
