using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>Whether the runtime's recompilation leaves the kernels alone: each one's time in its first calls, and after 2,000 of them.</summary>
/// <remarks>Run with <c>DOTNET_EnableAVX512=0</c> too: where vectors of 512 bits are pairs, a kernel that is inlined into its caller falls apart.</remarks>
internal static class KernelTiering
{
    private const int Calls = 2000;
    private const int Timed = 200;
    private const double Allowed = 1.2;

    /// <summary>Prints a table.</summary>
    /// <returns>Zero when every kernel is as fast at the end as at the start, within a fifth.</returns>
    internal static int Run()
    {
        using var generator = new Generator(1, CPU);
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        using Tensor wide = Random(64, 3072), slopes = Random(64, 3072), scores = Random(12, 128, 128), gradient = Random(12, 128, 128);
        using Tensor logits = Random(32, 8192), targets = randint(0, 8192, [32], generator: generator);
        using Tensor weights = Random(1 << 18), first = zeros(1 << 18), second = zeros(1 << 18), narrow = Random(1 << 18).to(ScalarType.BFloat16);
        using Tensor states = Random(4, 128, 384);
        var adam = new AdamWKernel(0.9, 0.999, 1e-8, 1, 1);
        (string Name, Action Kernel)[] kernels =
        [
            ("AdamW update", () => adam.Update(weights, weights, first, second, null, 1, 1e-9)),
            ("gradient norm", () => AdamWKernel.SquaredNorm(weights)),
            ("tanh GELU", () => TanhGelu.Of(wide)),
            ("tanh GELU, with its gradient", () => WithGradient(wide, TanhGelu.Of)),
            ("causal softmax", () => CausalSoftmax.Forward(scores.clone(), null, 0.125)),
            ("causal softmax's gradient", () => CausalSoftmax.Backward(scores, gradient.clone(), null, 0.125)),
            ("cross-entropy of logits", () => SoftmaxGradient.Of(logits, targets, wantsGradient: true)),
            ("bfloat16 gradient added", () => AddNarrow(weights, narrow)),
            ("angular spread, with its gradient", () => WithGradient(states, values => DispersionLoss.Compute(values, null, new DispersionOptions()))),
        ];
        Console.WriteLine($"{"kernel",-36}{"first calls",14}{"after 2,000",14}{"ratio",8}");
        bool allHold = true;
        foreach (var (name, kernel) in kernels)
        {
            double fresh = Best(kernel);
            for (int i = 0; i < Calls; i++)
            {
                Call(kernel);
            }

            // What was recompiled in the background is in use by now.
            Thread.Sleep(300);
            double late = Best(kernel);
            allHold &= late <= Allowed * fresh;
            Console.WriteLine($"{name,-36}{fresh * 1e3,11:F3} ms{late * 1e3,11:F3} ms{late / fresh,8:F2}{(late <= Allowed * fresh ? "" : "  slower")}");
        }

        return allHold ? 0 : 1;
    }

    private static void WithGradient(Tensor values, Func<Tensor, Tensor> function)
    {
        using Tensor leaf = values.detach().requires_grad_();
        function(leaf).sum().backward();
    }

    private static void AddNarrow(Tensor weights, Tensor narrow)
    {
        using Tensor leaf = weights.detach().requires_grad_();
        leaf.grad = weights;
        new LeafGradient(leaf, narrow.alias()).AddTo(1e-9);
    }

    private static double Best(Action kernel) => Enumerable.Range(0, Timed).Min(_ =>
    {
        long start = Stopwatch.GetTimestamp();
        Call(kernel);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    });

    private static void Call(Action kernel)
    {
        using var scope = NewDisposeScope();
        kernel();
    }
}
