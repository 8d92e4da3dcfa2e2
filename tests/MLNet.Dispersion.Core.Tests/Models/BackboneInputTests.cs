using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>A wrong batch is refused before the native library sees it.</summary>
public sealed class BackboneInputTests
{
    [Fact]
    public void Forward_WrongIds_Throws()
    {
        using var scope = NewDisposeScope();
        using var backbone = Small();

        Refuses(backbone, tensor(new long[] { 1, 2 }), null, "[B, L]");
        Refuses(backbone, tensor(new[] { 1, 2 }, 1, 2), null, "int64");
        Refuses(backbone, zeros([1, 0], ScalarType.Int64), null, "at least one token");
        Refuses(backbone, zeros([1, 7], ScalarType.Int64), null, "holds 6");
        Refuses(backbone, tensor(new long[] { 1, 11 }, 1, 2), null, "id 11");
        Refuses(backbone, tensor(new long[] { -1, 2 }, 1, 2), null, "id -1");
    }

    [Fact]
    public void Forward_WrongMask_Throws()
    {
        using var scope = NewDisposeScope();
        using var backbone = Small();
        var ids = zeros([1, 3], ScalarType.Int64);

        Refuses(backbone, ids, ones([1, 2], ScalarType.Bool), "shape");
        Refuses(backbone, ids, ones([1, 3], ScalarType.Int64), "bool");
        Refuses(backbone, ids, tensor(new[] { true, false, true }, 1, 3), "not between them");
        Refuses(backbone, ids, tensor(new[] { false, false, false }, 1, 3), "at least one real token");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Forward_PaddedOnEitherSideOrBoth_GivesRealTokensTheSameStates(int before)
    {
        using var scope = NewDisposeScope();
        using var backbone = Small();
        var ids = tensor(new long[] { 0, 0, 1, 2, 3, 0, 0 }, 1, 7).narrow(1, 2 - before, 5);
        var mask = tensor(new[] { false, false, true, true, true, false, false }, 1, 7).narrow(1, 2 - before, 5);

        var padded = backbone.Forward(ids, mask, HiddenStateSelection.None).LastHiddenState;
        Assert.True(padded.isfinite().all().item<bool>());
        padded = padded.narrow(1, before, 3);
        var alone = backbone.Forward(ids.narrow(1, before, 3), null, HiddenStateSelection.None).LastHiddenState;

        Assert.InRange((padded - alone).abs().max().item<float>(), 0, 1e-6);
    }

    [Fact]
    public void Forward_LaterTokenChanged_LeavesEarlierStatesAlone()
    {
        using var scope = NewDisposeScope();
        using var backbone = Small();

        var one = backbone.Forward(tensor(new long[] { 1, 2, 3, 4 }, 1, 4), null, HiddenStateSelection.None).LastHiddenState;
        var other = backbone.Forward(tensor(new long[] { 1, 2, 3, 9 }, 1, 4), null, HiddenStateSelection.None).LastHiddenState;

        var difference = (one - other).abs().amax([0, 2]).data<float>().ToArray();
        Assert.All(difference[..3], d => Assert.InRange(d, 0, 1e-6f));
        Assert.True(difference[3] > 1e-3);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void DropoutProbability_OutOfRange_Throws(double value)
    {
        using var backbone = Small();

        Assert.Throws<ArgumentOutOfRangeException>(() => backbone.DropoutProbability = value);
    }

    [Fact]
    public void Forward_Dropout_ActsInTrainingOnlyAndRepeatsWithItsSeed()
    {
        using var scope = NewDisposeScope();
        using var backbone = Small();
        var ids = tensor(new long[] { 1, 2, 3, 4 }, 1, 4);
        Tensor Run(ulong? seed)
        {
            using var generator = new Generator(seed ?? 0);
            backbone.DropoutGenerator = seed is null ? null : generator;
            return backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
        }

        var still = Run(null);
        Assert.True(Run(1).eq(still).all().item<bool>(), "evaluation mode has no dropout");
        backbone.train();
        backbone.DropoutProbability = 0.5;
        Assert.True(Run(null).eq(still).all().item<bool>(), "no generator, no dropout");
        Assert.False(Run(1).eq(still).all().item<bool>());
        Assert.True(Run(1).eq(Run(1)).all().item<bool>());
        Assert.False(Run(1).eq(Run(2)).all().item<bool>());
        backbone.DropoutProbability = 0;
        Assert.True(Run(1).eq(still).all().item<bool>());
    }

    private static LanguageBackbone Small() => BackboneRegistry.Load(SmallCheckpoint.Files(weights =>
    {
        // Large enough weights that every token matters.
        foreach (var weight in weights.Values.Where(w => w.dim() == 2))
        {
            weight.mul_(20);
        }
    }));

    private static void Refuses(LanguageBackbone backbone, Tensor ids, Tensor? mask, string part)
    {
        var error = Assert.Throws<ArgumentException>(() => backbone.Forward(ids, mask, HiddenStateSelection.None));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
