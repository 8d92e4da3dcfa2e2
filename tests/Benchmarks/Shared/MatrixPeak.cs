using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks;

/// <summary>What the machine's matrix product reaches, in this very run.</summary>
internal static class MatrixPeak
{
    private const int Size = 2048;
    private const int Rounds = 12;

    /// <summary>The median rate of 2048 x 2048 products, in operations a second.</summary>
    public static double Measure(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(1, CPU);
        Tensor left = randn([Size, Size], generator: generator).to(type);
        Tensor right = randn([Size, Size], generator: generator).to(type);
        var seconds = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            using Tensor product = left.mm(right);
            seconds[i] = watch.Elapsed.TotalSeconds;
        }

        Array.Sort(seconds);
        return 2.0 * Size * Size * Size / seconds[Rounds / 2];
    }
}
