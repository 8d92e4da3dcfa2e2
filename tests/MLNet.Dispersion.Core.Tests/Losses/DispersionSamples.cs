using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>Seeded random batches, and their plain-array form for the naive oracle.</summary>
internal static class DispersionSamples
{
    public static TheoryData<DispersionVariant> Variants => [.. Enum.GetValues<DispersionVariant>()];

    /// <summary>Gaussian states with a shared direction, so that cosines are spread over both signs but lean together.</summary>
    public static Tensor States(int batch, int length, int features, ScalarType type = ScalarType.Float64, ulong seed = 1, double shift = 0.3)
    {
        using var generator = new Generator(seed);
        return (randn([batch, length, features], ScalarType.Float64, generator: generator) + shift).to(type);
    }

    /// <summary>A right-padded mask.</summary>
    public static Tensor Mask(int length, params int[] counts) =>
        tensor(counts.SelectMany(n => Enumerable.Range(0, length).Select(i => i < n)).ToArray(), counts.Length, length);

    /// <summary>The real tokens of each sequence.</summary>
    public static double[][][] ToArrays(Tensor states, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        long batch = states.shape[0], length = states.shape[1];
        double[] values = [.. states.detach().to(float64).contiguous().data<double>()];
        bool[]? real = mask is null ? null : [.. mask.data<bool>()];
        double[][] rows = [.. values.Chunk((int)states.shape[2])];
        return [.. Enumerable.Range(0, (int)batch).Select(b => Enumerable.Range(0, (int)length)
            .Where(i => real is null || real[(b * length) + i]).Select(i => rows[(b * length) + i]).ToArray())];
    }

    /// <summary>The loss and its gradient.</summary>
    public static (double Loss, Tensor Gradient) Run(Tensor states, DispersionOptions options, Tensor? mask = null)
    {
        Tensor leaf = states.detach().clone().requires_grad_();
        Tensor loss = DispersionLoss.Compute(leaf, mask, options);
        loss.backward();
        return (loss.to(float64).item<double>(), leaf.grad!);
    }

    public static double Value(Tensor states, DispersionOptions options, Tensor? mask = null)
    {
        using Tensor loss = DispersionLoss.Compute(states, mask, options);
        return loss.to(float64).item<double>();
    }
}
