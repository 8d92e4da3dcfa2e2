using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public class DispersionRegularizerTests
{
    [Theory]
    [InlineData(LayerSelection.All, new[] { 1, 2, 3, 4, 5 })]
    [InlineData(LayerSelection.Last, new[] { 5 })]
    [InlineData(LayerSelection.EarlyHalf, new[] { 1, 2 })]
    [InlineData(LayerSelection.LateHalf, new[] { 3, 4, 5 })]
    public void Compute_EachSelection_IsTheMeanOverItsLayers(LayerSelection selection, int[] layers)
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(5, 2, 6, 8);
        Tensor mask = DispersionSamples.Mask(6, 6, 3);
        var options = new DispersionOptions { Layers = selection };
        double expected = layers.Average(layer => DispersionSamples.Value(states[layer], options, mask));
        using Tensor loss = DispersionRegularizer.Compute(states, mask, options, null);
        Assert.Equal(expected, loss.item<double>(), 1e-12);
        loss.backward();
        int[] touched = [.. Enumerable.Range(0, 6).Where(i => states[i].grad is { } g && g.abs().max().item<double>() > 0)];
        Assert.Equal(layers, touched);
    }

    [Fact]
    public void Compute_OnlySelectedStatesKept_NeedsNoOthers()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(3, 1, 4, 8);
        var options = new DispersionOptions { Layers = LayerSelection.Last };
        using Tensor sparse = DispersionRegularizer.Compute([null, null, null, states[3]], null, options, null);
        Assert.Equal(DispersionSamples.Value(states[3], options), sparse.item<double>());
        options.Layers = LayerSelection.LateHalf;
        var error = Assert.Throws<ArgumentException>(() => DispersionRegularizer.Compute([null, null, null, states[3]], null, options, null));
        Assert.Contains("Hidden state 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compute_LongSequences_DrawsTheSamePositionsForEachSequenceAndFreshOnesForEachLayer()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(3, 2, 40, 8);
        using var generator = new Generator(5);
        using Tensor loss = DispersionRegularizer.Compute(states, null, new DispersionOptions { MaxTokens = 10 }, generator);
        loss.backward();
        long[][][] drawn = [.. states.Skip(1).Select(s => Enumerable.Range(0, 2).Select(b => DrawnPositions(s.grad![b])).ToArray())];
        Assert.All(drawn, layer => Assert.Equal(10, layer[0].Length));
        Assert.All(drawn, layer => Assert.Equal(layer[0], layer[1]));
        Assert.NotEqual(drawn[0][0], drawn[1][0]);
        Assert.NotEqual(drawn[1][0], drawn[2][0]);
        double expected = states.Skip(1).Zip(drawn).Average(layer =>
            DispersionSamples.Value(layer.First.index_select(1, tensor(layer.Second[0])), new DispersionOptions()));
        Assert.Equal(expected, loss.item<double>(), 1e-12);
    }

    [Fact]
    public void Compute_SameSeed_DrawsTheSame_AndGoesOnFromStepToStep()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(2, 1, 40, 8);
        var options = new DispersionOptions { MaxTokens = 5 };
        using var first = new Generator(5);
        using var second = new Generator(5);
        double[] a = [.. Enumerable.Range(0, 3).Select(_ => Value(states, options, first))];
        double[] b = [.. Enumerable.Range(0, 3).Select(_ => Value(states, options, second))];
        Assert.Equal(a, b);
        Assert.Equal(3, a.Distinct().Count());
    }

    [Fact]
    public void Compute_ManySteps_DrawEveryPositionEquallyOften()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(17);
        var counts = new int[12];
        for (int step = 0; step < 400; step++)
        {
            using var inner = NewDisposeScope();
            Tensor[] states = Layers(1, 1, 12, 4);
            DispersionRegularizer.Compute(states, null, new DispersionOptions { MaxTokens = 3 }, generator).backward();
            foreach (long position in DrawnPositions(states[1].grad![0]))
            {
                counts[position]++;
            }
        }

        // 400 draws of 3 out of 12: each position 100 times, standard deviation 8.7.
        Assert.All(counts, count => Assert.InRange(count, 60, 140));
    }

    [Fact]
    public void Compute_WithinTheLimit_LeavesTheGeneratorAlone()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(2, 1, 10, 8);
        using var generator = new Generator(5);
        using Tensor before = generator.get_state();
        _ = Value(states, new DispersionOptions { MaxTokens = 10 }, generator);
        using Tensor after = generator.get_state();
        Assert.Equal(before.data<byte>().ToArray(), after.data<byte>().ToArray());
    }

    [Fact]
    public void Compute_DrawsPadsOnly_ContributesZero()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(1, 1, 1000, 4);
        using var generator = new Generator(3);
        // Two real tokens among 1000: drawing both into 2 places is next to impossible, and this seed does not.
        using Tensor loss = DispersionRegularizer.Compute(states, DispersionSamples.Mask(1000, 2), new DispersionOptions { MaxTokens = 2 }, generator);
        loss.backward();
        Assert.Equal(0, loss.item<double>());
        Assert.Equal(0, states[1].grad!.abs().max().item<double>());
    }

    [Fact]
    public void Compute_LongSequencesWithoutGenerator_SaysSo()
    {
        using var scope = NewDisposeScope();
        Tensor[] states = Layers(1, 1, 10, 8);
        var error = Assert.Throws<ArgumentNullException>(() => DispersionRegularizer.Compute(states, null, new DispersionOptions { MaxTokens = 5 }, null));
        Assert.Contains("MaxTokens = 5", error.Message, StringComparison.Ordinal);
        using Tensor unlimited = DispersionRegularizer.Compute(states, null, new DispersionOptions { MaxTokens = null }, null);
        Assert.True(double.IsFinite(unlimited.item<double>()));
    }

    private static double Value(Tensor[] states, DispersionOptions options, Generator generator)
    {
        using Tensor loss = DispersionRegularizer.Compute(states, null, options, generator);
        return loss.item<double>();
    }

    private static Tensor[] Layers(int count, int batch, int length, int features) =>
        [.. Enumerable.Range(0, count + 1).Select(i => DispersionSamples.States(batch, length, features, seed: (ulong)i + 40).requires_grad_())];

    private static long[] DrawnPositions(Tensor gradient) => [.. gradient.abs().sum(1).nonzero().view(-1).data<long>()];
}
